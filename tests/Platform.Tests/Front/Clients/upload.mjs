// Sends BYTES of a body by node's `fetch` or `http`. usage: upload.mjs fetch|http PORT PATH BYTES
import http from 'node:http';

const [client, port, path, size] = process.argv.slice(2);
const body = Buffer.alloc(Number(size), 0x7f);
const url = `http://127.0.0.1:${port}${path}`;

async function byFetch() {
  const answer = await fetch(url, { method: 'POST', body });
  await answer.arrayBuffer();
  return answer.status;
}

function byHttp() {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', headers: { 'Content-Length': body.length } }, answer => {
      answer.resume().on('end', () => resolve(answer.statusCode)).on('error', reject);
    });
    request.on('error', reject).end(body);
  });
}

console.log(await (client === 'fetch' ? byFetch() : byHttp()));
