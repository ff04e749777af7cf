/** Has a language model sum up texts, one after the other, for as long as the money lasts. */
export const tool = {
  name: "summarise",
  description: "Has a language model sum up texts, one after the other, for as long as the money lasts.",
  wants: ["http POST https://api.example/v1/chat/completions"],
};

interface Input {
  /** Where the model is, such as "https://api.example/v1". */
  base: string;
  model: string;
  texts: string[];
}

interface Completion {
  choices: { message: { content: string } }[];
  usage: { total_tokens: number };
}

export default async function summarise({ base, model, texts }: Input) {
  const summaries: string[] = [];
  let tokens = 0;
  for (const text of texts) {
    const messages = [
      { role: "system", content: "Sum up what you are given in one sentence." },
      { role: "user", content: text },
    ];
    try {
      const response = await fetch(`${base}/chat/completions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ model, messages, max_tokens: 100 }),
      });
      if (!response.ok) throw new ToolError("model", `the model answered ${response.status}: ${await response.text()}`);
      const { choices, usage } = (await response.json()) as Completion;
      summaries.push(choices[0]?.message.content ?? "");
      tokens += usage.total_tokens;
    } catch (error) {
      if (!(error instanceof BudgetExhausted)) throw error;
      console.warn(error.message);
      return { summaries, tokens, left: texts.length - summaries.length };
    }
  }
  return { summaries, tokens, left: 0 };
}
