using Rembg.Contract.Problems;

namespace Rembg.Gateway.Memory;

/// <summary>
/// Which uploads of a client are read at the same time: as many as fit into its share by the lengths that they announce. The others wait
/// before any of them is read. Without turns, a burst of two hundred would each get a part of the share, and none could be read to its end.
/// An announced length costs nobody else anything: it counts only among the client's own uploads.
/// </summary>
/// <param name="share">Bytes that one client's uploads may announce together.</param>
public sealed class UploadTurns(long share)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Client> _clients = new(StringComparer.Ordinal);

    /// <summary>Waits for its turn, first come, first served; dispose the result when the body has been read.</summary>
    /// <param name="client">Whose upload it is.</param>
    /// <param name="announced">Bytes; an upload larger than the share goes alone.</param>
    /// <exception cref="ProblemException">429: its turn had not come when the wait was cancelled.</exception>
    public async Task<IDisposable> EnterAsync(string client, long announced, CancellationToken cancellationToken)
    {
        var turn = new Turn(this, client, announced);
        lock (_lock)
        {
            if (!_clients.TryGetValue(client, out var own)) _clients[client] = own = new();
            own.Waiting.AddLast(turn);
            LetIn(own);
        }
        await using var leaving = cancellationToken.UnsafeRegister(_ => turn.GiveUp(), null);
        if (await turn.Came) return turn;
        throw Problem.RateLimited(TimeSpan.FromSeconds(1), $"At most {share:N0} bytes of one client's images may be read at once.").AsException();
    }

    private void LetIn(Client own)
    {
        while (own.Waiting.First is { Value: var next } && (own.Reading == 0 || own.Reading + next.Bytes <= share))
        {
            own.Waiting.RemoveFirst();
            own.Readers++;
            own.Reading += next.Bytes;
            next.Begin();
        }
    }

    private sealed class Client
    {
        public LinkedList<Turn> Waiting { get; } = [];
        public int Readers { get; set; }

        /// <summary>Bytes that its readers have announced; those that announce none count as readers all the same.</summary>
        public long Reading { get; set; }
    }

    private sealed class Turn(UploadTurns turns, string client, long bytes) : IDisposable
    {
        private readonly TaskCompletionSource<bool> _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isReading;

        public long Bytes => bytes;
        public Task<bool> Came => _came.Task;

        public void Begin()
        {
            _isReading = true;
            _came.TrySetResult(true);
        }

        public void GiveUp()
        {
            lock (turns._lock)
            {
                if (_isReading) return;
                Leave(own => own.Waiting.Remove(this));
            }
            _came.TrySetResult(false);
        }

        public void Dispose()
        {
            lock (turns._lock)
            {
                if (!_isReading) return;
                _isReading = false;
                Leave(own =>
                {
                    own.Readers--;
                    own.Reading -= bytes;
                });
            }
        }

        private void Leave(Action<Client> how)
        {
            var own = turns._clients[client];
            how(own);
            turns.LetIn(own);
            if (own.Readers == 0 && own.Waiting.Count == 0) turns._clients.Remove(client);
        }
    }
}
