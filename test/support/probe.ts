/** The addresses that tell how a process is, asked as Prometheus and load balancers do. */

/** All values of a scrape by their series, such as `bellwire_queue_depth{state="due"}`. */
export async function scrape(url: string, token?: string): Promise<Map<string, number>> {
  const response = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return seriesOf(text);
}

/** The series of a text in Prometheus' format; throws on a line that is none. */
export function seriesOf(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{(?:\w+="[^"\\\n]*",?)*\})?) (\S+)$/.exec(line);
    const value = match?.[2] === '+Inf' ? Infinity : Number(match?.[2]);
    if (!match || (Number.isNaN(value) && match[2] !== 'Nan')) throw new Error(`not a series: ${line}`);
    series.set(match[1]!, value);
  }
  return series;
}

/** Asks again and again until the answer is good; rejects with the last one after the limit. */
export async function asked<T>(
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  limitMs = 15_000,
): Promise<T> {
  for (const end = performance.now() + limitMs; ;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (performance.now() > end) throw new Error(`still so after ${limitMs} ms: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** What /readyz says. */
export async function readyz(url: string): Promise<{ status: number; ready: boolean; reason?: string }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, ...((await response.json()) as { ready: boolean; reason?: string }) };
}
