namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>A webhook that is to be sent.</summary>
/// <param name="Id">Of this end.</param>
/// <param name="Client">Whose secret signs it.</param>
/// <param name="IsAnonymous">The client is an address only.</param>
/// <param name="Url">The receiver.</param>
/// <param name="Message">The same at each attempt.</param>
/// <param name="Attempts">That have failed.</param>
internal sealed record Delivery(string Id, string Client, bool IsAnonymous, string Url, WebhookMessage Message, int Attempts);

/// <summary>Deliveries of one client that this gateway alone may send until the turn's lease is over.</summary>
internal sealed record DeliveryTurn(string Client, IReadOnlyList<Delivery> Deliveries);

/// <summary>A delivery that was given up.</summary>
/// <param name="Id">To replay it by.</param>
/// <param name="Type">Of the message.</param>
/// <param name="Of">Id of the task or batch that ended.</param>
/// <param name="Url">Where it should have gone.</param>
/// <param name="Attempts">That failed.</param>
/// <param name="Reason">Of the last: <c>status_500</c>, <c>timeout</c>, <c>no_connection</c> and so on.</param>
/// <param name="GivenUpAt">When.</param>
internal sealed record DeadDelivery(string Id, string Type, string Of, string Url, int Attempts, string Reason, DateTimeOffset GivenUpAt);
