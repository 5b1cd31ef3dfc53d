namespace Rembg.Gateway.Fetching;

/// <summary>Why a host that a stranger named gave us nothing. The metric's <c>result</c> has these names, in snake case.</summary>
internal enum FetchFailure
{
    /// <summary>A redirect to what is no URL that may be asked.</summary>
    BadUrl,

    /// <summary>No address, or one that is not public.</summary>
    NoPublicAddress,

    /// <summary>No connection in its time.</summary>
    NoConnection,

    /// <summary>The certificate is not valid, or no TLS is spoken.</summary>
    Tls,

    /// <summary>Not all of it in its time.</summary>
    Timeout,

    /// <summary>A status other than 200.</summary>
    BadStatus,

    TooManyRedirects,

    /// <summary>Not HTTP, or it ended too early.</summary>
    BadAnswer,
}

/// <param name="failure">What went wrong.</param>
/// <param name="cause">For a debugger; callers and logs see the failure only, since messages hold addresses.</param>
internal sealed class FetchException(FetchFailure failure, Exception? cause = null) : Exception(failure.ToString(), cause)
{
    public FetchFailure Failure => failure;

    /// <summary>The status of the answer, for <see cref="FetchFailure.BadStatus"/>.</summary>
    public int? Status { get; init; }
}
