// Compiles contracts/*.sol to contracts/compiled.json. Run by hand after changing a contract: node compile.mjs
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
const solc = createRequire(import.meta.url)("solc");
const folder = path.join(import.meta.dirname, "contracts");
const sources = {};
for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".sol"))) {
  sources[name] = { content: fs.readFileSync(path.join(folder, name), "utf8") };
}
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "paris",
  metadata: { bytecodeHash: "none" },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
};
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
const problems = (output.errors ?? []).filter((problem) => problem.severity === "error");
if (problems.length) throw new Error(problems.map((problem) => problem.formattedMessage).join("\n"));
const compiled = {};
for (const contracts of Object.values(output.contracts)) {
  for (const [name, built] of Object.entries(contracts)) {
    if (built.evm.bytecode.object) compiled[name] = { abi: built.abi, bytecode: "0x" + built.evm.bytecode.object };
  }
}
fs.writeFileSync(path.join(folder, "compiled.json"), JSON.stringify(compiled, Object.keys(compiled).sort().concat([
  "abi", "bytecode", "anonymous", "inputs", "indexed", "internalType", "name", "type", "outputs", "stateMutability",
]), 1) + "\n");
