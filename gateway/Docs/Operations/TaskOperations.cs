using Rembg.Gateway.Compatibility;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Webhooks;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>Our own API, asynchronous, and the names that the article gave it.</summary>
internal static class TaskOperations
{
    public const string Tag = "Tasks";
    private const string Unknown = "`not_found`: there is no such task, it has been forgotten, or it is another client's.";

    public static readonly Field[] Id = [Field.Text("id", "The task's id.")];
    private static readonly Field[] Wait = [Field.Text("wait", "Whole seconds up to `30s`: answer when the task has ended, or after that time.")];
    public static readonly string InvalidKey = CutoutOperations.Problems[401];

    private static readonly IReadOnlyDictionary<int, string> NotTaken = new Dictionary<int, string>(CutoutOperations.Problems.Where(problem => problem.Key != 502))
    {
        [409] = "`idempotency_in_progress`: the first request with this key is still being accepted.",
        [422] = "`idempotency_key_reused`: the same key came with another request. `download_failed`: the image could not be fetched from its URL.",
        [429] = "`rate_limited`, or `task_share_exceeded`: you have your share of waiting tasks, of their bytes, of webhooks, or of results that are kept.",
        [503] = "`overloaded`: too many tasks, or bytes of them, are waiting; come back after `Retry-After`.",
    };

    public static readonly Operation Accept = new(Tag, "createTask", "Remove a background without waiting for it",
        "Takes what `POST /v1/remove-background` takes; an image by URL is fetched before the answer. What is accepted finishes, fails with a reason, or is on the operator's dead-letter list.")
    {
        Query = [CutoutOperations.Url, Webhook, .. CutoutOperations.Options],
        RequestHeaders = [Field.Text("Idempotency-Key", "1 to 255 printable characters: the same key with the same request gives the same task."), CutoutOperations.CacheControl],
        Bodies = [.. CutoutOperations.Images.Select(body => body.Fields.Length == 0 ? body : body with { Fields = [.. body.Fields, Webhook] })],
        Answers = [new(202, "Accepted.") { Json = typeof(TaskView), Headers = [Field.Text("Location", "Where to ask for the task."), RetryAfter] }],
        Problems = NotTaken,
    };

    public static readonly Operation Show = new(Tag, "getTask", "How far a task is")
    {
        Path = Id,
        Query = Wait,
        Answers = [new(200, "The task.") { Json = typeof(TaskView) }],
        Problems = new Dictionary<int, string> { [400] = "`invalid_parameter`: `wait` is not of the form `20s`, or too long.", [401] = InvalidKey, [404] = Unknown },
    };

    public static readonly Operation List = new(Tag, "listTasks", "Your tasks, the newest first", "Where API keys are on. A page may hold fewer than `limit` although more follow: `nextCursor` tells.")
    {
        Query =
        [
            Field.Text("status", $"Only tasks in this state: {string.Join(", ", TaskListRequest.States.Select(state => $"`{TaskView.NameOf(state)}`"))}."),
            Field.Number("limit", $"Tasks of a page, 1 to {TaskListRequest.MaxLimit}; 20 by default."),
            Field.Text("cursor", "`nextCursor` of the page before."),
        ],
        Answers = [new(200, "A page.") { Json = typeof(TaskListView) }],
        Problems = new Dictionary<int, string> { [400] = "`invalid_parameter`: `status`, `limit` or `cursor` is not valid.", [401] = InvalidKey, [403] = "`keys_off`: API keys are off, so an id is the right to see a task." },
    };

    public static readonly Operation Events = new(Tag, "watchTask", "Each change of a task, as it happens",
        "Server-sent events: `event: status` with the task as `data`, now and at each change, until the task has ended. A comment every 15 s while nothing happens.")
    {
        Path = Id,
        RequestHeaders = [Field.Text("Last-Event-ID", "`id` of the last event that you have: only what is newer is sent.")],
        Answers = [new(200, "Events.") { Files = ["text/event-stream"] }, new(204, "The task has ended, and you have its last event.")],
        Problems = new Dictionary<int, string> { [401] = InvalidKey, [404] = Unknown },
    };

    public static readonly Operation Result = new(Tag, "getTaskResult", "The picture that a task made",
        "A task that failed is answered with its own problem, which may be any that `POST /v1/remove-background` has.")
    {
        Path = Id,
        Query = Wait,
        RequestHeaders = [CutoutOperations.IfNoneMatch],
        Answers = [CutoutOperations.Picture],
        Problems = new Dictionary<int, string>
        {
            [400] = Show.Problems[400],
            [401] = InvalidKey,
            [404] = Unknown,
            [409] = "`not_ready`: the task is queued or running.",
            [410] = "`result_expired`: the picture has been deleted.",
            [422] = CutoutOperations.Problems[422],
            [502] = "`attempts_exhausted`: every attempt came to a bad end.",
            [504] = "`task_expired` or `deadline_exceeded`: the task ran out of time.",
        },
    };

    public static readonly Operation Forget = new(Tag, "deleteTask", "Cancel a task and forget it")
    {
        Path = Id,
        Answers = [new(200, "The task as it was last.") { Json = typeof(TaskView) }],
        Problems = new Dictionary<int, string> { [401] = InvalidKey, [404] = Unknown },
    };

    public static readonly Operation DeadWebhooks = new(Tag, "listDeadWebhooks", "Your webhooks that were given up", "The latest hundred.")
    {
        Answers = [new(200, "Deliveries.") { Json = typeof(DeadDeliveryList) }],
        Problems = new Dictionary<int, string> { [401] = InvalidKey, [403] = List.Problems[403] },
    };

    public static readonly Operation ReplayWebhook = new(Tag, "replayWebhook", "Send a webhook that was given up again")
    {
        Path = [Field.Text("id", "The delivery's id.")],
        Answers = [new(202, "It is sent as if for the first time, with the same `webhook-id`.")],
        Problems = new Dictionary<int, string> { [401] = InvalidKey, [403] = List.Problems[403], [404] = "`not_found`: there is no such delivery, it is not kept any more, or it is another client's." },
    };

    public static readonly Operation ArticleAccept = Accept with
    {
        Id = "createTaskByOldName",
        Answers = [new(202, "Accepted.") { Json = typeof(LegacyTaskAccepted) }],
    };

    public static readonly Operation ArticleShow = Show with
    {
        Id = "getTaskByOldName",
        Query = [],
        Answers = [new(200, "`processing`, `success` with `result_url`, or `error`.") { Json = typeof(LegacyTask) }],
        Problems = Forget.Problems,
    };

    public static Field Webhook => Field.Text(WebhookParameter.Name, "An `https` URL that is told of the task's end by a POST, signed as Standard Webhooks 1.0 says.");

    private static Field RetryAfter => Field.Number("Retry-After", "Seconds until it is worth asking.");
}
