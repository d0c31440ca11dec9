// Calls the Shield SDK for TypeScript, compiled, as a company's program would: standard input is a JSON object with the
// SDK's folder, an address, a password and calls ([method, arguments…]); standard output is what each call resolves to.
const { readFileSync } = require('fs');

const asked = JSON.parse(readFileSync(0, 'utf8'));
const { ArachnidShield } = require(asked.sdk);
const shield = new ArachnidShield('upload-filter', asked.password, asked.address);

async function main() {
  const said = [];
  for (const [method, argument, ...more] of asked.calls) {
    const given = method === 'scanMediaFromBytes' ? new Uint8Array(Buffer.from(argument, 'base64')) : argument;
    said.push(await shield[method](given, ...more));
  }
  console.log(JSON.stringify(said));
}

main();
