/** Reads the open issues of a tracker, finds those that nobody labelled, and asks before it comments on the oldest. */
export const tool = {
  name: "triage",
  description: "Reads the open issues of a tracker, finds those that nobody labelled, and comments on the oldest.",
  wants: ["http GET https://tracker.example/**", "http POST https://tracker.example/**", "kv pages/**"],
};

interface Input {
  /** Where the tracker is, such as "https://tracker.example/repos/a/b". */
  base: string;
  /** What to write under the oldest issue without a label. */
  comment: string;
}

interface Issue {
  number: number;
  title: string;
  labels: string[];
  created: string;
}

interface Page {
  etag: string;
  next?: string;
  issues: Issue[];
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** A page of issues. What has not changed since the last run is not sent again. */
async function page(url: string): Promise<Page> {
  const key = `pages/${url.replace(/^.*\?/, "")}`;
  const known = (await belljar.kv.getJSON(key)) as Page | null;
  for (let attempt = 1; ; attempt++) {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (known) headers["If-None-Match"] = known.etag;
    const response = await fetch(url, { headers });
    if (response.status === 429 && attempt < 4) {
      const seconds = Number(response.headers.get("Retry-After") ?? attempt);
      console.warn(`the tracker is busy; waiting ${seconds} s`);
      await pause(seconds);
      continue;
    }
    if (response.status === 304 && known) return known;
    if (!response.ok) throw new ToolError("tracker", `${url} answered ${response.status}: ${await response.text()}`);
    const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
    const found: Page = { etag: response.headers.get("ETag") ?? "", ...(next === undefined ? {} : { next }), issues: await response.json() };
    if (found.etag !== "") await belljar.kv.setJSON(key, found as any);
    return found;
  }
}

export default async function triage({ base, comment }: Input) {
  const issues: Issue[] = [];
  for (let url: string | undefined = `${base}/issues?state=open&page=1`; url !== undefined; ) {
    const { next, issues: some }: Page = await page(url);
    issues.push(...some);
    url = next;
  }
  const unlabelled = issues.filter(({ labels }) => labels.length === 0).sort((a, b) => a.created.localeCompare(b.created));
  const oldest = unlabelled[0];
  if (oldest === undefined) return { open: issues.length, unlabelled: 0 };
  const response = await fetch(`${base}/issues/${oldest.number}/comments`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ body: comment }),
  });
  if (!response.ok) throw new ToolError("tracker", `the comment was not taken: ${response.status}`);
  const { id } = (await response.json()) as { id: number };
  return { open: issues.length, unlabelled: unlabelled.length, commented: oldest.number, comment: id };
}
