export default function run() { throw new TypeError("it broke"); }
