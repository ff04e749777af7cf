let depth = 0;
function down(): void {
  depth++;
  down();
}
export default () => {
  try {
    down();
  } catch (e) {
    return { deep: depth > 900, error: String(e) };
  }
};
