using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients.Limits;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>
/// Tells who asks, from <c>X-Api-Key</c> or <c>Authorization: Bearer</c>; with keys off everybody is the client of their
/// address. All failures look alike to the caller.
/// </summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemes, ILoggerFactory loggers, UrlEncoder encoder,
    IOptions<ClientOptions> options, ApiKeyStore keys, FailedAuthLimiter guesses)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemes, loggers, encoder)
{
    public const string SchemeName = "ApiKey";
    public const string Header = "X-Api-Key";

    private TimeSpan? _comeBackAfter;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        // 1. The key ends its way here: nothing behind this handler can log it or forward it to a pod.
        var presented = TakeKey();
        if (!options.Value.KeysRequired) return Is(Client.Anonymous(Context.Connection.RemoteIpAddress, options.Value.Anonymous));
        if (presented is null) return AuthenticateResult.NoResult();

        // 2. Whose key is it? First, so that nobody is refused for what others at the same address guessed: behind a
        //    proxy that is not trusted, that is everybody. The check costs one hash, and a secret has 190 random bits.
        var check = keys.Check(presented);
        if (check.Client is { } client) return Is(client);

        // 3. Nobody's. An address that has guessed too often is told to slow down.
        if (check.IsGuess && !guesses.TryCount(Client.Source(Context.Connection.RemoteIpAddress), out var wait)) _comeBackAfter = wait;
        return AuthenticateResult.NoResult();
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        ProblemWriter.WriteAsync(Context, _comeBackAfter is { } wait
            ? Problem.RateLimited(wait, "Too many invalid API keys from this address.")
            : Problem.InvalidApiKey());

    private AuthenticateResult Is(Client client)
    {
        Context.Features.Set(client);
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, client.Id)], SchemeName);
        return AuthenticateResult.Success(new(new(identity), SchemeName));
    }

    private string? TakeKey()
    {
        var headers = Request.Headers;
        headers.Remove(Header, out var own);
        headers.Remove(HeaderNames.Authorization, out var authorization);
        if (own.Count > 0) return own.ToString();
        return AuthenticationHeaderValue.TryParse(authorization, out var value)
            && value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? value.Parameter : null;
    }
}
