// A loop that waits for the clock, as written in other places: here the clock stands still while it runs.
export default ({ ms }) => {
  const end = Date.now() + ms;
  while (Date.now() < end) {}
  return "slept";
};
