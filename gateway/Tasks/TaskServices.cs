using Rembg.Contract.Hosting;
using Rembg.Gateway.Redis;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Tasks.Batches;
using Rembg.Gateway.Tasks.Memory;
using Rembg.Gateway.Tasks.Redis;
using Rembg.Gateway.Tasks.Webhooks;

namespace Rembg.Gateway.Tasks;

/// <summary>Wires up work that nobody waits for.</summary>
public static class TaskServices
{
    public static void AddTasks(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddOptions<TaskOptions>(TaskOptions.Section);
        services.AddSingleton<TaskMetrics>();
        services.AddSingleton<TaskSignals>();
        if (builder.HasRedis())
        {
            services.AddSingleton<ITaskQueue, RedisTaskQueue>();
            services.AddHostedService<RedisEvents>();
            services.AddSingleton<RedisDeliveries>();
            services.AddSingleton<RedisBatches>();
            services.AddHostedService<WebhookWorker>();
        }
        else
        {
            services.AddSingleton<ITaskQueue, MemoryTaskQueue>();
            services.AddHostedService<MemoryNotice>();
        }
        builder.AddOptions<WebhookOptions>(WebhookOptions.Section);
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookParameter>();
        services.AddSingleton<TaskSubmission>();
        services.AddSingleton<BatchForm>();
        services.AddSingleton<BatchList>();
        services.AddSingleton<BatchSubmission>();
        services.AddSingleton<BatchArchive>();
        services.AddSingleton<LongPoll>();
        services.AddSingleton<TaskEventStream>();
        services.AddSingleton<AdaptiveConcurrencyLimit>();
        services.AddSingleton<TaskRun>();
        services.AddHostedService<TaskWorker>();
        services.AddHostedService<QueueMetricsPoller>();
    }
}
