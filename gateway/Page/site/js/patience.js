const MaxTries = 30;

/**
 * Tries until it works. A Problem with a Retry-After is waited out, second by second, and tried again; any other ends it.
 * @param onWait called with the Problem and the seconds left, every second
 */
export async function patiently(attempt, { onWait, signal }) {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (problem) {
      if (!problem.retryAfter || tries === MaxTries) throw problem;
      await countDown(problem, onWait, signal);
    }
  }
}

async function countDown(problem, onWait, signal) {
  const until = performance.now() + problem.retryAfter * 1000;
  for (let left; (left = until - performance.now()) > 0; ) {
    onWait(problem, Math.ceil(left / 1000));
    await pause(Math.min(left, 1000), signal);
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("Cancelled", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
