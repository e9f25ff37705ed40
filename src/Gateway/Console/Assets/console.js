// The console's own script: starts the circuit, and does in the browser what needs no server: keys, copying, theme, drafts, following a stream.
(() => {
  'use strict';

  // ---- what the server asks for ----
  const fallbackCopy = text => {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    const before = document.activeElement;
    // Inside an open dialog, whose focus trap would take the focus back from anywhere else.
    (before?.closest('.mud-dialog') ?? document.body).append(area);
    area.select();
    let done = false;
    try { done = document.execCommand('copy'); } catch { done = false; }
    area.remove();
    // Who goes by keys goes on from the button.
    before?.focus({ preventScroll: true });
    return done;
  };

  // How the reader's language writes times, in .NET's letters: the server knows no language but one.
  const times = () => {
    const format = options => new Intl.DateTimeFormat(navigator.language, { calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC', ...options });
    const part = (options, type, at) => format(options).formatToParts(at).find(p => p.type === type)?.value ?? '';
    const morning = Date.UTC(2024, 0, 3, 4, 5, 6);
    const pattern = options => format(options).formatToParts(morning).map(p => {
      switch (p.type) {
        case 'weekday': return 'ddd';
        case 'day': return p.value.length > 1 ? 'dd' : 'd';
        case 'month': return 'MMM';
        case 'year': return 'yyyy';
        case 'hour': return (format(options).resolvedOptions().hour12 ? 'h' : 'H').repeat(p.value.length > 1 ? 2 : 1);
        case 'minute': return 'mm';
        case 'second': return 'ss';
        case 'dayPeriod': return 'tt';
        default: return `'${p.value.replace(/['\\]/g, '')}'`;
      }
    }).join('');
    const hour = format({ hour: 'numeric' }).resolvedOptions().hour12 ? 'numeric' : '2-digit';
    const [day, minute, second] = [{ day: 'numeric', month: 'short' }, { hour, minute: '2-digit' }, { hour, minute: '2-digit', second: '2-digit' }];
    return {
      months: [...Array(12).keys()].map(month => part(day, 'month', Date.UTC(2024, month, 3))),
      weekdays: [...Array(7).keys()].map(weekday => part({ ...day, weekday: 'short' }, 'weekday', Date.UTC(2024, 0, 7 + weekday))),
      am: part(minute, 'dayPeriod', morning), pm: part(minute, 'dayPeriod', Date.UTC(2024, 0, 3, 16)),
      second: pattern(second), minute: pattern(minute), day: pattern(day), dayMinute: pattern({ ...day, ...minute }), year: pattern({ ...day, year: 'numeric' }),
      full: pattern({ ...day, ...second, weekday: 'short', year: 'numeric' }),
    };
  };

  window.gateway = {
    reader: () => {
      const parts = new Intl.NumberFormat(navigator.language, { numberingSystem: 'latn' }).formatToParts(12345678.9);
      const of = type => parts.find(p => p.type === type)?.value ?? '';
      return {
        group: of('group'), decimal: of('decimal') || '.',
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC',
        offset: -new Date().getTimezoneOffset(),
        dark: document.documentElement.dataset.theme === 'dark',
        utc: document.cookie.includes('gateway_utc=1'),
        origin: location.origin,
        times: times(),
      };
    },
    setTheme: dark => {
      document.documentElement.dataset.theme = dark ? 'dark' : 'light';
      document.cookie = `gateway_theme=${dark ? 'dark' : 'light'}; path=/; max-age=31536000; samesite=strict`;
    },
    setUtc: utc => { document.cookie = `gateway_utc=${utc ? 1 : 0}; path=/; max-age=31536000; samesite=strict`; },
    copy: async text => {
      if (navigator.clipboard && window.isSecureContext) {
        try { await navigator.clipboard.writeText(text); return true; } catch { /* refused: try the old way */ }
      }
      return fallbackCopy(text);
    },
    select: area => { area.focus(); area.select(); },
    reading: selector => scrollY > 80 || document.querySelector(`${selector}:hover`) !== null || document.querySelector(`${selector} :focus`) !== null || String(getSelection()).length > 0,
    visible: () => document.visibilityState === 'visible',
    follow: element => {
      // Only while the reader is at the end; scrolling up stops it.
      if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 120) { element.scrollTop = element.scrollHeight; }
    },
    keep: (name, text) => { try { text === null ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, text); } catch { /* full or forbidden */ } },
    kept: name => { try { return sessionStorage.getItem(name); } catch { return null; } },
    keptBytes: name => new TextEncoder().encode(gateway.kept(name) ?? 'null'),
    // Later, since a dialog that just opened puts the focus on itself.
    focus: selector => setTimeout(() => document.querySelector(selector)?.focus(), 80),
    click: selector => document.querySelector(selector)?.click(),
    download: (name, type, text) => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    },
  };

  // ---- keys: compared by what they type, off in inputs and below dialogs, none with Ctrl, Alt or Meta ----
  const typing = target => target.closest('input, textarea, select, [contenteditable=true]');
  const dialogOpen = () => document.querySelector('.mud-dialog, dialog[open]') !== null;
  const off = () => { try { return localStorage.getItem('gateway_keys') === 'off'; } catch { return false; } };
  let goUntil = 0;

  const step = by => {
    const rows = [...document.querySelectorAll('[data-row]')];
    if (rows.length === 0) {
      document.querySelector(by > 0 ? '[data-key="j"]' : '[data-key="k"]')?.click();
      return;
    }
    const at = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))].focus();
  };

  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
    if (event.key === 'Escape') {
      if (!dialogOpen()) { document.querySelector('[data-key="Escape"]')?.click(); }
      return;
    }
    if (typing(event.target)) {
      if (event.key === 'Enter' && !event.shiftKey && event.target.matches('[data-enter]')) {
        event.preventDefault();
        document.querySelector(event.target.dataset.enter)?.click();
      }
      return;
    }
    if (dialogOpen()) { return; }
    if (event.key === '?') { document.getElementById('keyhelp')?.showModal(); event.preventDefault(); return; }
    if (off()) { return; }
    if (Date.now() < goUntil) {
      goUntil = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) { link.click(); event.preventDefault(); return; }
    }
    switch (event.key) {
      case '/': document.getElementById('search')?.focus(); event.preventDefault(); break;
      case 'g': goUntil = Date.now() + 1500; break;
      case 'j': step(1); break;
      case 'k': step(-1); break;
      case 'n': case 'l': case 'f': {
        const target = document.querySelector(`[data-key="${event.key}"]`);
        if (target) { event.preventDefault(); target.matches('input, select') ? target.focus() : target.click(); }
        break;
      }
    }
  });

  // What is typed survives a reload, here alone: the server that held the page may be gone.
  document.addEventListener('input', event => {
    if (event.target.dataset?.draft) { gateway.keep(event.target.dataset.draft, event.target.value); }
  });
  document.addEventListener('change', event => {
    if (event.target.id === 'keys-off') { try { localStorage.setItem('gateway_keys', event.target.checked ? 'off' : 'on'); } catch { /* forbidden */ } }
  });
  document.addEventListener('click', event => {
    if (event.target.closest('[data-close]')) { event.target.closest('dialog')?.close(); }
    if (event.target.closest('#show-keys')) { document.getElementById('keyhelp')?.showModal(); }
    const more = document.querySelector('details.gw-menu[open]');
    if (more && !event.target.closest('details.gw-menu summary')) { more.open = false; }
  });

  // A pasted picture goes where a chosen one goes.
  document.addEventListener('paste', event => {
    const input = document.querySelector('input[type=file][data-paste]');
    const files = event.clipboardData?.files;
    if (input && files?.length) {
      input.files = files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      event.preventDefault();
    }
  });

  // ---- the circuit ----
  document.addEventListener('components-reconnect-state-changed', event => {
    // The server that held the circuit is gone; the address restores the view at any other.
    if (event.detail.state === 'rejected' || event.detail.state === 'failed') { location.reload(); }
    // On its way down: the event is the banner's own and does not rise.
  }, true);

  Blazor.start({
    circuit: {
      // No negotiation: it would have to meet the same replica as the WebSocket.
      configureSignalR: builder => builder.withUrl('/_blazor', { skipNegotiation: true, transport: 1 }),
    },
  });
})();
