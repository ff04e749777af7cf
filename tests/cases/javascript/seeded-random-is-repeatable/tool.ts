export default () => [Math.random(), Math.random(), crypto.getRandomValues(new Uint8Array(2)).length];
