export default function run() { for (;;); }
