// What the ledger says of the calls that the clients made.
const [gateway, admin, upstream] = process.argv.slice(2);
const rows = [];
for (let after = ''; ;) {
  const page = await (await fetch(`${gateway}/admin/requests?limit=1000${after && `&after=${after}`}`, { headers: { authorization: `Bearer ${admin}` } })).json();
  rows.push(...page.data);
  if (!page.has_more) break;
  after = page.next;
}

const faults = [];
const seen = await (await fetch(`${upstream}/seen`)).json();
const forwarded = rows.filter(row => ['upstream', 'claude'].includes(row.provider));
const lists = 2; // The gateway's own question for each provider's models, at its start.
if (forwarded.length < seen.calls - lists) faults.push(`${seen.calls} calls reached the upstream, ${forwarded.length} have a row`);
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
