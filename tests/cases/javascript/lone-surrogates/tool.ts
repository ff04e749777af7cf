export default () => ["\ud800", "\\ud800", "😀"];
