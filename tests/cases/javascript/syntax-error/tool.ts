export default function run(input {
  return 1;
}
