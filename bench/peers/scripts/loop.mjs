// The same as loop.php, as one writes it for node.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createInterface } from 'node:readline';

function sign(params, secret) {
  const text = Object.keys(params)
    .filter((name) => params[name] !== '' && params[name] !== '0')
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
  return createHash('md5').update(text + secret).digest('hex');
}

function verify(body, secret) {
  const { sign: given, ...params } = Object.fromEntries(new URLSearchParams(body));
  const own = Buffer.from(sign(params, secret));
  const sent = Buffer.from(given);
  return own.length === sent.length && timingSafeEqual(own, sent) ? given : 'refused';
}

function run(operation, times, body) {
  let result;
  if (operation === 'sign') {
    for (let i = 0; i < times; i++) result = sign(params, secret);
  } else {
    for (let i = 0; i < times; i++) result = verify(body, secret);
  }
  return result;
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { secret, parameters } = JSON.parse((await lines.next()).value);
const params = Object.fromEntries(parameters);
console.log(process.versions.node);

for await (const line of lines) {
  const [operation, times, body] = line.split(' ');
  const begun = process.hrtime.bigint();
  const result = run(operation, Number(times), body);
  console.log(`${process.hrtime.bigint() - begun} ${result}`);
}
