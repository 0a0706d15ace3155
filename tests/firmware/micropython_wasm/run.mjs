// Run a Python file on a MicroPython VM that sees the firmware's drive and the pretended board, and nothing else.
//
//   node run.mjs FIRMWARE VECTORS FILE.py HEAP_BYTES
import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const [firmware, vectors, program, heap] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const mp = await loadMicroPython({
  heapsize: Number(heap),
  stdout: (line) => console.log(line),
  linebuffer: true,
});

function copy(from, to) {
  for (const name of readdirSync(from)) {
    if (name === "__pycache__") continue;
    const source = join(from, name);
    const target = `${to}/${name}`;
    if (statSync(source).isDirectory()) {
      mp.FS.mkdir(target);
      copy(source, target);
    } else if (name.endsWith(".py")) {
      mp.FS.writeFile(target, readFileSync(source));
    }
  }
}

mp.FS.mkdir("/drive");
mp.FS.mkdir("/board");
copy(firmware, "/drive");
copy(join(here, "board"), "/board");
mp.FS.writeFile("/drive/s1.json", readFileSync(vectors));
mp.FS.chdir("/drive");
mp.FS.writeFile("/program.py", readFileSync(program));

try {
  mp.runPython(`
import sys
sys.path[:] = ["/drive", "/board"]
with open("/program.py") as _file:
    _code = _file.read()
exec(_code, {"__name__": "__main__"})
`);
} catch (error) {
  console.error(`${basename(program)}: ${error.message}`);
  process.exit(1);
}
