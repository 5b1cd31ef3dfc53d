namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>A webhook that is to be sent.</summary>
/// <param name="Id">Of this end of this task.</param>
/// <param name="Task">As it ended.</param>
/// <param name="Attempts">That have failed.</param>
internal sealed record Delivery(string Id, CutoutTask Task, int Attempts);

/// <summary>Deliveries of one client that this gateway alone may send until the turn's lease is over.</summary>
internal sealed record DeliveryTurn(string Client, IReadOnlyList<Delivery> Deliveries);

/// <summary>A delivery that was given up.</summary>
/// <param name="Id">To replay it by.</param>
/// <param name="TaskId">Its task.</param>
/// <param name="Url">Where it should have gone.</param>
/// <param name="Attempts">That failed.</param>
/// <param name="Reason">Of the last: <c>status_500</c>, <c>timeout</c>, <c>no_connection</c> and so on.</param>
/// <param name="GivenUpAt">When.</param>
internal sealed record DeadDelivery(string Id, string TaskId, string Url, int Attempts, string Reason, DateTimeOffset GivenUpAt);
