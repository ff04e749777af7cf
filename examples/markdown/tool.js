/** Turns Markdown (headings, lists, code, emphasis, links) into an HTML page, which it hands in as an artifact. */
export const tool = {
  name: "markdown",
  input: { type: "object", properties: { markdown: { type: "string" }, title: { type: "string" } }, required: ["markdown"] },
};

const escape = (text) =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

function inline(text) {
  return escape(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/\*([^*]+)\*/g, "<em>$1</em>")
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>');
}

function convert(markdown) {
  const out = [];
  const lines = markdown.replace(/\r\n?/g, "\n").split("\n");
  let paragraph = [];
  let list = null;
  const flush = () => {
    if (paragraph.length) out.push(`<p>${inline(paragraph.join(" "))}</p>`);
    paragraph = [];
  };
  const close = () => {
    if (list) out.push(`</${list}>`);
    list = null;
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const item = /^\s*(?:([-*+])|\d+[.)])\s+(.*)$/.exec(line);
    if (line.startsWith("```")) {
      flush();
      close();
      const code = [];
      while (++i < lines.length && !lines[i].startsWith("```")) code.push(lines[i]);
      out.push(`<pre><code>${escape(code.join("\n"))}</code></pre>`);
    } else if (heading) {
      flush();
      close();
      out.push(`<h${heading[1].length}>${inline(heading[2])}</h${heading[1].length}>`);
    } else if (item) {
      flush();
      const kind = item[1] ? "ul" : "ol";
      if (list !== kind) {
        close();
        out.push(`<${kind}>`);
        list = kind;
      }
      out.push(`<li>${inline(item[2])}</li>`);
    } else if (line.trim() === "") {
      flush();
      close();
    } else {
      close();
      paragraph.push(line.trim());
    }
  }
  flush();
  close();
  return out.join("\n");
}

export default async function run({ markdown, title }) {
  const body = convert(markdown);
  const name = title ?? /^#\s+(.*)$/m.exec(markdown)?.[1] ?? "Document";
  const html = `<!doctype html>\n<meta charset="utf-8">\n<title>${escape(name)}</title>\n${body}\n`;
  belljar.artifact("document.html", "text/html", html);
  return { title: name, bytes: new TextEncoder().encode(html).length };
}
