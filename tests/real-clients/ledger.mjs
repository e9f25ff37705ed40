// What the ledger says of the calls that the clients made.
const [gateway, admin, upstream] = process.argv.slice(2);

async function read() {
  const rows = [];
  for (let after = ''; ;) {
    const page = await (await fetch(`${gateway}/admin/requests?limit=1000${after && `&after=${after}`}`, { headers: { authorization: `Bearer ${admin}` } })).json();
    rows.push(...page.data);
    if (!page.has_more) return rows.filter(row => ['upstream', 'claude'].includes(row.provider));
    after = page.next;
  }
}

const faults = [];
const seen = await (await fetch(`${upstream}/seen`)).json();
const calls = seen.calls - 2; // Without the gateway's own question for each provider's models, at its start.
let forwarded = await read();
// What was counted has its row a moment after its end.
for (let tries = 0; tries < 300 && forwarded.length < calls; tries++) {
  await new Promise(resolve => setTimeout(resolve, 100));
  forwarded = await read();
}
if (forwarded.length < calls) faults.push(`${calls} calls reached the upstream, ${forwarded.length} have a row`);
if (seen.wrongKeys > 0) faults.push(`${seen.wrongKeys} calls reached the upstream with another key than the gateway's`);

const free = ['responses/{id}', 'messages/count_tokens'];
for (const row of forwarded) {
  const where = `${row.id} ${row.endpoint} ${row.outcome} ${row.token_source}`;
  if (row.status === 200 && row.outcome === 'completed' && !free.includes(row.endpoint) && row.endpoint !== 'moderations' && row.token_source !== 'provider') faults.push(where);
  if (row.status === 200 && ['upstream_cut', 'client_disconnected'].includes(row.outcome) && row.token_source === 'none') faults.push(where);
  if (!['completed', 'upstream_error', 'upstream_cut', 'client_disconnected'].includes(row.outcome)) faults.push(where);
}

faults.forEach(fault => console.log(`FAILED ledger: ${fault}`));
console.log(`${forwarded.length} calls were forwarded and are in the ledger`);
console.log(`ledger: ${faults.length ? 0 : 1} passed, ${faults.length ? 1 : 0} failed`);
process.exit(faults.length ? 1 : 0);
