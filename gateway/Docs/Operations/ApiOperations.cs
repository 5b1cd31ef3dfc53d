namespace Rembg.Gateway.Docs.Operations;

/// <summary>Every operation by method and route. A route that is missing here fails the tests.</summary>
internal static class ApiOperations
{
    public static IReadOnlyDictionary<string, Operation> All { get; } = new Dictionary<string, Operation>
    {
        ["POST /v1/remove-background"] = CutoutOperations.RemoveBackground("removeBackground"),
        ["POST /remove-background"] = CutoutOperations.RemoveBackground("removeBackgroundByOldName"),
        ["GET /v1/models"] = CutoutOperations.Models,
        ["POST /v1/tasks"] = TaskOperations.Accept,
        ["GET /v1/tasks"] = TaskOperations.List,
        ["GET /v1/tasks/{id}"] = TaskOperations.Show,
        ["GET /v1/tasks/{id}/events"] = TaskOperations.Events,
        ["GET /v1/tasks/{id}/result"] = TaskOperations.Result,
        ["DELETE /v1/tasks/{id}"] = TaskOperations.Forget,
        ["POST /v1/batches"] = BatchOperations.Accept,
        ["GET /v1/batches/{id}"] = BatchOperations.Show,
        ["GET /v1/batches/{id}/result"] = BatchOperations.Result,
        ["DELETE /v1/batches/{id}"] = BatchOperations.Forget,
        ["GET /v1/webhooks/dead"] = TaskOperations.DeadWebhooks,
        ["POST /v1/webhooks/dead/{id}/replay"] = TaskOperations.ReplayWebhook,
        ["POST /remove-background-async"] = TaskOperations.ArticleAccept,
        ["GET /task/{id}"] = TaskOperations.ArticleShow,
        ["POST /api/remove"] = RembgOperations.Remove,
        ["GET /api/remove"] = RembgOperations.RemoveUrl,
        ["POST /v1.0/removebg"] = RemoveBgOperations.Remove,
        ["POST /v1.0/improve"] = RemoveBgOperations.Improve,
        ["GET /v1.0/account"] = RemoveBgOperations.Account,
        ["POST /v1/segment"] = PhotoroomOperations.Segment,
        ["GET /v1/account"] = PhotoroomOperations.Account,
        ["POST /v2/edit"] = PhotoroomOperations.Edit,
        ["GET /v2/edit"] = PhotoroomOperations.EditUrl,
        ["GET /v2/account"] = PhotoroomOperations.EditAccount,
    };
}
