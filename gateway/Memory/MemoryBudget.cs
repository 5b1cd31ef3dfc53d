using Rembg.Contract.Problems;

namespace Rembg.Gateway.Memory;

/// <summary>
/// The bytes that requests in flight may hold, in all and by client: uploads, answers on their way from a pod to the clients,
/// and what is read from a store. Bytes are charged when they arrive, never when they are announced, and given back when the
/// last request that holds them ends. What a cache or a queue keeps is in the budget of that cache or queue instead.
/// </summary>
/// <param name="limit">Bytes in all.</param>
/// <param name="clientShare">The part of <paramref name="limit"/> that one client may hold, 0 to 1.</param>
public sealed class MemoryBudget(long limit, double clientShare, TimeProvider time) : IDisposable
{
    /// <summary>The part of the budget, and of a client's share, that uploads may fill: the rest is for answers, so that requests can always end.</summary>
    public const double UploadShare = 0.75;

    private readonly Lock _lock = new();
    private readonly Account _all = new(limit);
    private readonly Dictionary<string, Account> _clients = [];
    private readonly LinkedList<Waiter> _waiters = [];

    public long BytesInUse
    {
        get { lock (_lock) return _all.Used; }
    }

    internal BlockPool Blocks { get; } = new(limit, time);

    public void Dispose() => Blocks.Dispose();

    /// <summary>For something that <paramref name="client"/> is about to hold.</summary>
    internal Charge ChargeFor(string client) => new(this, client);

    /// <summary>Charges bytes that nobody can refuse any more: a cache let go of them while somebody reads them.</summary>
    internal Charge Force(long bytes)
    {
        var charge = new Charge(this, client: null);
        lock (_lock) Add(charge, null, bytes);
        return charge;
    }

    /// <summary>Bytes that one thing holds, for one client. It grows as the thing does, and is given back when disposed.</summary>
    internal sealed class Charge(MemoryBudget budget, string? client) : IDisposable
    {
        internal string? Client => client;

        public long Bytes { get; internal set; }

        /// <exception cref="ProblemException">429: the client holds its share. 503: all uploads hold theirs.</exception>
        public void Take(long bytes) => budget.Take(this, bytes);

        /// <summary>For an upload: waits while its client holds its share, so that a burst of one client waits for itself.</summary>
        /// <exception cref="ProblemException">429: the client still held its share when the wait was cancelled. 503: all uploads hold theirs.</exception>
        public ValueTask TakeUploadAsync(long bytes, CancellationToken cancellationToken) => budget.TakeUploadAsync(this, bytes, cancellationToken);

        /// <summary>Waits until there is room.</summary>
        public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken) => budget.TakeAsync(this, bytes, isUpload: false, cancellationToken);

        public void GiveBack(long bytes) => budget.GiveBack(this, bytes);

        public void Dispose() => GiveBack(Bytes);
    }

    private void Take(Charge charge, long bytes)
    {
        lock (_lock)
        {
            var client = AccountOf(charge);
            if (client?.Admits(charge, bytes) == false) throw ShareIsFull(client).AsException();
            if (_all.Used + bytes > limit * UploadShare) throw Problem.Overloaded("Too many uploads are in flight.").AsException();
            Add(charge, client, bytes);
        }
    }

    private async ValueTask TakeUploadAsync(Charge charge, long bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
            if (_all.Used + bytes > limit * UploadShare) throw Problem.Overloaded("Too many uploads are in flight.").AsException();
        try
        {
            await TakeAsync(charge, bytes, isUpload: true, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_lock) throw ShareIsFull(AccountOf(charge)!).AsException();
        }
    }

    private static Problem ShareIsFull(Account client) =>
        Problem.RateLimited(TimeSpan.FromSeconds(1), $"At most {client.Limit:N0} bytes of one client's images may be in flight at once.");

    private async ValueTask TakeAsync(Charge charge, long bytes, bool isUpload, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> waiter;
        lock (_lock)
        {
            if (TryTake(charge, bytes, isUpload)) return;
            waiter = _waiters.AddLast(new Waiter(charge, bytes, isUpload));
        }
        await using var leaving = cancellationToken.UnsafeRegister(_ => Leave(waiter, cancellationToken), null);
        await waiter.Value.Room.Task;
    }

    /// <summary>
    /// Answers may fill the whole budget; one of them may go beyond it, and one of each client beyond its share, or all might wait for
    /// each other's end. An upload may do so only when its client holds nothing else.
    /// </summary>
    private bool TryTake(Charge charge, long bytes, bool isUpload)
    {
        var client = AccountOf(charge);
        var fits = isUpload
            ? client?.AdmitsUpload(charge, bytes) != false && _all.Used + bytes <= limit * UploadShare
            : client?.Admits(charge, bytes) != false && _all.Admits(charge, bytes);
        if (fits) Add(charge, client, bytes);
        return fits;
    }

    private void Leave(LinkedListNode<Waiter> waiter, CancellationToken cancelled)
    {
        lock (_lock)
        {
            if (waiter.List is null) return; // it has its room
            _waiters.Remove(waiter);
        }
        waiter.Value.Room.TrySetCanceled(cancelled);
    }

    private void GiveBack(Charge charge, long bytes)
    {
        lock (_lock)
        {
            var client = AccountOf(charge);
            charge.Bytes -= bytes;
            _all.Remove(charge, bytes);
            client?.Remove(charge, bytes);
            if (client is { Used: 0 }) _clients.Remove(charge.Client!);

            // First come, first served, but for those whose own client's share is full.
            for (var next = _waiters.First; next is not null;)
            {
                var waiter = next;
                next = next.Next;
                if (!TryTake(waiter.Value.Charge, waiter.Value.Bytes, waiter.Value.IsUpload)) continue;
                _waiters.Remove(waiter);
                waiter.Value.Room.TrySetResult();
            }
        }
    }

    private void Add(Charge charge, Account? client, long bytes)
    {
        charge.Bytes += bytes;
        _all.Add(charge, bytes);
        if (client is null) return;
        client.Add(charge, bytes);
        _clients[charge.Client!] = client;
    }

    /// <summary>A client that holds nothing has a new one, which counts from the first <see cref="Add"/>.</summary>
    private Account? AccountOf(Charge charge) =>
        charge.Client is { } client ? _clients.GetValueOrDefault(client) ?? new((long)(limit * clientShare)) : null;

    /// <summary>What somebody may hold, and holds. One charge may go beyond the limit, so that a thing larger than it can pass alone.</summary>
    private sealed class Account(long limit)
    {
        private Charge? _beyond;

        public long Limit => limit;
        public long Used { get; private set; }

        public bool Admits(Charge charge, long bytes) => Used + bytes <= limit || _beyond is null || _beyond == charge;

        public bool AdmitsUpload(Charge charge, long bytes) => Used + bytes <= limit * UploadShare || Used == charge.Bytes;

        public void Add(Charge charge, long bytes)
        {
            Used += bytes;
            if (Used > limit) _beyond ??= charge;
        }

        public void Remove(Charge charge, long bytes)
        {
            Used -= bytes;
            if (Used <= limit || (_beyond == charge && charge.Bytes == 0)) _beyond = null;
        }
    }

    private sealed record Waiter(Charge Charge, long Bytes, bool IsUpload)
    {
        public TaskCompletionSource Room { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
