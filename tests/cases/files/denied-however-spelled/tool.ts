/** Spellings that some file system takes for a name that is refused; those that are not refused are returned. */
const SPELLINGS = [
  "deny/secret", "DENY/secret", "Deny./secret", "deny /secret", "secrets/x", "SECRETS/x", "\u017fecrets/x", "secrets./x", "secrets /x",
  "stra\u00dfe/x", "STRASSE/x", "caf\u00e9/x", "cafe\u0301/x", "CAFE\u0301/x", "\ufb01le/x", "FILE/x", "\u212aey/x", "a/b/X.PEM", "a/x.pem. ",
];

export default async function run() {
  const open: string[] = [];
  for (const name of SPELLINGS) {
    try {
      await belljar.files.readText(`/d/${name}`);
      open.push(name);
    } catch (error) {
      if ((error as Error).name !== "CapabilityDenied") open.push(`${name}: ${error}`);
    }
  }
  return open;
}
