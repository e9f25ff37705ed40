// Whoever signs in here next has no part in what was said and typed before.
try { sessionStorage.clear(); } catch { /* forbidden */ }
const field = document.getElementById('key');
const reveal = document.getElementById('reveal');
reveal.hidden = false;
reveal.addEventListener('click', () => {
  const shown = field.type === 'text';
  field.type = shown ? 'password' : 'text';
  reveal.textContent = shown ? 'Show' : 'Hide';
  reveal.setAttribute('aria-pressed', String(!shown));
  field.focus();
});
