-- The counters of one team (or of one key without a team), as one atomic step per call.
--
-- KEYS, all in one slot:
--   1 counters      hash  '!e' epoch  '!i' the master's replication id  '!b' epoch of a rebuild under way  '!t' latest time seen
--                         '!p' last piece loaded by it
--                         '<limit>|<window>' spent and reserved in that window (0 where a limit has no window)
--                         '<limit>|r'        what held reservations have of it, whichever window they were taken in
--                         '<limit>|s'        rolling limits: the sum over all '<limit>|<window>' that exist
--                         '<limit>|o'        rolling limits: no bucket older than this one exists
--   2 reservations  hash  '!e' epoch  '<reservation>' packed { state, then per limit: id, kind, unit, window, charged }
--   3 schedule      zset  what is due when: '<reservation>' its lease's end, later the end of its retention;
--                         'b:<limit>|<window>' a rolling bucket, 'w:<limit>|<window>' a calendar window to forget;
--                         '!<epoch>' a marker at +inf
-- ARGV: 1 epoch  2 operation  3… its arguments
--
-- A reservation is H held, S settled, L released or E expired:
--   H -> S, L, E    E -> S, L    L -> S (spend is the truth)    S is final
-- What is reserved counts as spent from the start, so forgetting a reservation never gives anything back;
-- only 'concurrent' is returned when a lease runs out.
--
-- Numbers stay below 2^53, where Lua's doubles are exact. redis.call writes them with 17 digits; '..' writes 14, so it
-- is used only for windows, which are milliseconds since 1970. A runtime error would not undo what was written before
-- it: everything is parsed and judged before the first charge.

local counters, reservations, schedule = KEYS[1], KEYS[2], KEYS[3]
local epoch, operation = ARGV[1], ARGV[2]
local call, pack, unpacked = redis.call, cmsgpack.pack, cmsgpack.unpack

local PERIOD = { M = 60000, H = 3600000 }
local BUCKET = { M = 1000, H = 60000 }
local MAX = 9007199254740991
local RETENTION = 900000      -- how long an ended reservation is remembered, so that repeats are known as such
local EXPIRED = 1e15          -- added to the time in the schedule: expired, not yet reconciled with the ledger
local DUE_PER_RESERVE = 8     -- more than one call adds, so what is due never piles up
local MAX_STEP_BACK = 60000
local ENTRY = 5               -- fields per limit in a packed reservation

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) --@CLOCK
local replication_id = string.match(call('INFO', 'replication'), 'master_replid:(%x+)')

-- Rebuilding ---------------------------------------------------------------------------------------------------------

local function begin()
    local newest = call('HGET', counters, '!b') or call('HGET', counters, '!e')
    if newest and tonumber(newest) >= tonumber(epoch) then return { 'STALE', newest } end
    call('UNLINK', counters, reservations, schedule)
    call('HSET', counters, '!b', epoch)
    return { 'OK' }
end

-- n, then n times: limit, kind, window, when to forget it, used. Returns where the reservations begin.
local function load_counters()
    local behind = 5 + tonumber(ARGV[4]) * 5
    for a = 5, behind - 1, 5 do
        local id, kind, window, forget, used = ARGV[a], ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3]), ARGV[a + 4]
        local rolling = PERIOD[kind]
        if forget == 0 or forget > now then
            call('HINCRBY', counters, id .. '|' .. window, used)
            if forget > 0 then call('ZADD', schedule, forget, (rolling and 'b:' or 'w:') .. id .. '|' .. window) end
            if rolling then
                call('HINCRBY', counters, id .. '|s', used)
                local oldest = call('HGET', counters, id .. '|o')
                if not oldest or tonumber(window) < tonumber(oldest) then call('HSET', counters, id .. '|o', window) end
            end
        end
    end
    return behind
end

-- reservation, state, lease left, n, then n times: limit, kind, unit, window, charged. The charge itself came with the counters.
local function load_reservations(a)
    while ARGV[a] do
        local reservation, state, lease, n = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3])
        local entry = { state }
        for i = a + 4, a + 3 + n * 5, 5 do
            local id, kind, unit, window, charged = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], tonumber(ARGV[i + 4])
            if kind == 'C' and state ~= 'H' then charged = 0 end
            for _, value in ipairs({ id, kind, unit, tonumber(window), charged }) do entry[#entry + 1] = value end
            if state == 'H' then call('HINCRBY', counters, id .. (kind == 'C' and '|0' or '|r'), charged) end
        end
        call('HSET', reservations, reservation, pack(entry))
        call('ZADD', schedule, now + (state == 'H' and lease or RETENTION), reservation)
        a = a + 4 + n * 5
    end
end

-- piece, counters, reservations. Pieces are numbered upwards: one that is sent again, its answer being lost, adds nothing.
local function load()
    if call('HGET', counters, '!b') ~= epoch then return { 'STALE', '' } end
    if tonumber(ARGV[3]) <= tonumber(call('HGET', counters, '!p') or 0) then return { 'OK' } end
    call('HSET', counters, '!p', ARGV[3])
    load_reservations(load_counters())
    return { 'OK' }
end

local function activate()
    if call('HGET', counters, '!e') == epoch then return { 'OK' } end
    if call('HGET', counters, '!b') ~= epoch then return { 'STALE', '' } end
    call('HDEL', counters, '!b', '!p')
    call('HSET', counters, '!e', epoch, '!i', replication_id)
    call('HSET', reservations, '!e', epoch)
    call('ZADD', schedule, '+inf', '!' .. epoch)
    return { 'OK' }
end

if operation == 'begin' then return begin() end
if operation == 'load' then return load() end
if operation == 'activate' then return activate() end

-- The fence: these counters are answered from only if they are the very ones that were rebuilt under this epoch ---------

local marks = call('HMGET', counters, '!e', '!i', '!t')
if marks[1] ~= epoch then return { 'EPOCH', marks[1] or '' } end
if marks[2] ~= replication_id then return { 'FENCED' } end
if call('HGET', reservations, '!e') ~= epoch or not call('ZSCORE', schedule, '!' .. epoch) then return { 'LOST' } end

-- A clock that steps back must not reopen a window; one that stepped far ahead and back must not freeze them either.
local latest = tonumber(marks[3] or 0)
if latest - now > MAX_STEP_BACK then return { 'CLOCK' } end
if latest > now then now = latest end

-- Reservations that end ------------------------------------------------------------------------------------------------

-- Moves a reservation to another state and its charges to amounts[unit], or to nothing; nil keeps them. A window that is
-- gone stays gone: the charge belongs to the window in which it was reserved.
local function move(reservation, entry, state, amounts)
    local fields, writes = {}, {}
    for i = 2, #entry, ENTRY do
        local id = entry[i]
        fields[#fields + 1] = id .. '|' .. entry[i + 3]
        fields[#fields + 1] = id .. '|r'
        fields[#fields + 1] = id .. '|s'
    end
    local values = #fields > 0 and call('HMGET', counters, unpack(fields)) or {}
    for n = 1, #fields, 3 do
        local i = 2 + (n - 1) / 3 * ENTRY
        local kind, unit, charged = entry[i + 1], entry[i + 2], entry[i + 4]
        local amount = charged
        if kind == 'C' then amount = 0 elseif amounts then amount = amounts[unit] or 0 end
        if amount ~= charged and values[n] then
            writes[#writes + 1] = fields[n]
            writes[#writes + 1] = math.min(MAX, values[n] + amount - charged)
            if PERIOD[kind] then
                writes[#writes + 1] = fields[n + 2]
                writes[#writes + 1] = math.min(MAX, values[n + 2] + amount - charged)
            end
        end
        if entry[1] == 'H' and kind ~= 'C' and charged > 0 then
            writes[#writes + 1] = fields[n + 1]
            writes[#writes + 1] = values[n + 1] - charged
        end
        entry[i + 4] = amount
    end
    entry[1] = state
    if #writes > 0 then call('HSET', counters, unpack(writes)) end
    call('HSET', reservations, reservation, pack(entry))
end

local function forget_window(member)
    local field = string.sub(member, 3)
    if string.sub(member, 1, 2) == 'b:' then
        local spent = call('HGET', counters, field)
        -- '-0' is no integer to Redis.
        if spent and spent ~= '0' then call('HINCRBY', counters, string.match(field, '^[^|]+') .. '|s', -spent) end
    end
    call('HDEL', counters, field)
    call('ZREM', schedule, member)
end

local function forget_or_expire(reservation)
    local packed = call('HGET', reservations, reservation)
    local entry = packed and unpacked(packed)
    if entry and entry[1] == 'H' then
        move(reservation, entry, 'E', nil)
        call('ZADD', schedule, EXPIRED + now, reservation)
    else
        call('HDEL', reservations, reservation)
        call('ZREM', schedule, reservation)
    end
end

local function sweep(most)
    local due = call('ZRANGEBYSCORE', schedule, '-inf', now, 'LIMIT', 0, most)
    for _, member in ipairs(due) do
        local prefix = string.sub(member, 1, 2)
        if prefix == 'b:' or prefix == 'w:' then forget_window(member) else forget_or_expire(member) end
    end
    return #due
end

-- Limits -----------------------------------------------------------------------------------------------------------------

-- Tables are made with all their fields at once, positions are counted and not asked for with '#', and names are joined
-- once: with eight limits that is a third of an admission's cost.

local UNITS = { t = true, i = true, o = true, r = true, u = true, c = true }
local MODES = { h = true, s = true, w = true }

-- The calendar window around now, out of 'start:end:nextstart:nextend'; what to answer instead, if there is none.
local function calendar_window(spans, index)
    local s1, e1, s2, e2 = string.match(spans, '^(%d+):(%d+):(%d+):(%d+)$')
    if not s1 then return nil, { 'BAD', index } end
    local starts, ends = tonumber(s1), tonumber(e1)
    if now >= ends then starts, ends = tonumber(s2), tonumber(e2) end
    if now < starts or now >= ends then return nil, { 'WINDOW', now } end
    return starts, ends
end

-- Per limit: id, kind + unit + mode, limit, and the spans of calendar windows.
local function parse_limits(first)
    local limits, n = {}, 0
    for a = first, #ARGV, 4 do
        local id, code, most = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2])
        local kind, unit, mode = string.sub(code, 1, 1), string.sub(code, 2, 2), string.sub(code, 3)
        if not (UNITS[unit] and MODES[mode] and most and most >= 0 and most <= MAX) then return nil, { 'BAD', n } end
        local window, forget, resets, sum_field = 0, nil, -1, nil
        if PERIOD[kind] then
            window = now - now % BUCKET[kind]
            forget, resets, sum_field = now + PERIOD[kind], PERIOD[kind], id .. '|s'
        elseif kind == 'B' then
            local starts, ends = calendar_window(ARGV[a + 3], n)
            if not starts then return nil, ends end
            window, forget, resets = starts, ends + RETENTION, ends - now
        elseif kind ~= 'T' and kind ~= 'C' then
            return nil, { 'BAD', n }
        end
        n = n + 1
        limits[n] = {
            id = id, kind = kind, unit = unit, mode = mode, most = most, window = window, forget = forget, resets = resets,
            field = id .. '|' .. window, held_field = id .. '|r', sum_field = sum_field,
            spent = nil, held = 0, used = 0, oldest = nil, amount = 0, verdict = 0,
        }
    end
    return limits
end

-- A rolling limit spans PERIOD / BUCKET + 1 buckets, so no interval of PERIOD holds more than their sum. The sum is kept,
-- and only the buckets that left since the last look are subtracted: the cost does not grow with the number of buckets.
-- No bucket lies more than PERIOD past the oldest one, since each look moves that along. The oldest of them is swept as soon
-- as PERIOD has gone by since its last charge, so nobody has to wait longer than PERIOD.
local function roll(limit)
    local period, bucket = PERIOD[limit.kind], BUCKET[limit.kind]
    local first, oldest = limit.window - period, limit.oldest
    if oldest and oldest >= first then return end
    local fields, gone, members = {}, {}, {}
    for window = oldest or first, math.min(first - bucket, (oldest or first) + period), bucket do
        fields[#fields + 1] = limit.id .. '|' .. window
    end
    if #fields > 0 then
        local values = call('HMGET', counters, unpack(fields))
        for i, field in ipairs(fields) do
            if values[i] then
                limit.used = limit.used - values[i]
                gone[#gone + 1], members[#members + 1] = field, 'b:' .. field
            end
        end
    end
    if #gone > 0 then
        call('HDEL', counters, unpack(gone))
        call('ZREM', schedule, unpack(members))
    end
    call('HSET', counters, limit.sum_field, limit.used, limit.id .. '|o', first)
end

local function read_limits(limits)
    local fields, n = {}, 0
    for _, limit in ipairs(limits) do
        fields[n + 1], fields[n + 2] = limit.field, limit.held_field
        n = n + 2
        if limit.sum_field then
            fields[n + 1], fields[n + 2] = limit.sum_field, limit.id .. '|o'
            n = n + 2
        end
    end
    if n == 0 then return end
    local values = call('HMGET', counters, unpack(fields))
    n = 0
    for _, limit in ipairs(limits) do
        limit.spent, limit.held = tonumber(values[n + 1] or nil), tonumber(values[n + 2] or 0)
        n = n + 2
        if limit.sum_field then
            limit.used, limit.oldest = tonumber(values[n + 1] or 0), tonumber(values[n + 2] or nil)
            n = n + 2
            roll(limit)
        else
            limit.used = limit.spent or 0
        end
    end
end

-- How long until enough buckets have left for `need` to be free.
local function wait_for(limit, need)
    local period, bucket = PERIOD[limit.kind], BUCKET[limit.kind]
    local fields = {}
    for window = limit.window - period, limit.window, bucket do fields[#fields + 1] = limit.id .. '|' .. window end
    local values = call('HMGET', counters, unpack(fields))
    for i = 1, #fields do
        need = need - (values[i] or 0)
        if need <= 0 then
            local leaves = call('ZSCORE', schedule, 'b:' .. fields[i])
            return leaves and math.max(0, leaves - now) or limit.resets
        end
    end
    return limit.resets
end

-- Milliseconds after which this refused limit may admit the same again; -1: waiting does not help.
local function wait(limit)
    if limit.most == 0 or limit.kind == 'T' or limit.used + limit.amount > MAX then return -1 end
    if limit.mode == 'h' and limit.amount > limit.most then return -1 end
    if limit.kind == 'C' then return 1000 end
    if limit.kind == 'B' then return limit.resets end
    if limit.mode == 's' then return wait_for(limit, limit.used - limit.most + 1) end
    return wait_for(limit, limit.used + limit.amount - limit.most)
end

-- 0 within the limit, 1 refused, 2 would be refused if the limit were hard.
local function verdict(limit)
    if limit.used + limit.amount > MAX then return 1 end
    local over = limit.most == 0 or limit.used + limit.amount > limit.most
    if limit.mode == 'h' then return over and 1 or 0 end
    if limit.mode == 's' then return (limit.most == 0 or limit.used >= limit.most) and 1 or 0 end
    return over and 2 or 0
end

-- input tokens, output tokens, requests, micro-dollars
local function parse_amounts(first)
    local input, output, requests, micros = tonumber(ARGV[first]), tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
    if not (input and output and requests and micros) then return nil end
    if input < 0 or output < 0 or requests < 0 or micros < 0 then return nil end
    if input + output > MAX or requests > MAX or micros > MAX then return nil end
    return { t = input + output, i = input, o = output, r = requests, u = micros, c = 1 }
end

-- Operations -------------------------------------------------------------------------------------------------------------

local function charge(reservation, lease, limits)
    local entry, writes, due = { 'H' }, { '!t', now }, { now + lease, reservation }
    local e, w, d = 1, 2, 2
    for _, limit in ipairs(limits) do
        local amount = limit.amount
        writes[w + 1], writes[w + 2] = limit.field, (limit.spent or 0) + amount
        w = w + 2
        limit.used = limit.used + amount
        if limit.sum_field then
            writes[w + 1], writes[w + 2] = limit.sum_field, limit.used
            w = w + 2
        end
        if limit.kind ~= 'C' then
            limit.held = limit.held + amount
            writes[w + 1], writes[w + 2] = limit.held_field, limit.held
            w = w + 2
        end
        -- A rolling bucket stays for PERIOD after its last charge, a calendar window for a time known from the start.
        if limit.forget and (limit.sum_field or not limit.spent) then
            due[d + 1], due[d + 2] = limit.forget, (limit.sum_field and 'b:' or 'w:') .. limit.field
            d = d + 2
        end
        entry[e + 1], entry[e + 2], entry[e + 3], entry[e + 4], entry[e + 5] = limit.id, limit.kind, limit.unit, limit.window, amount
        e = e + ENTRY
    end
    call('HSET', counters, unpack(writes))
    call('HSET', reservations, reservation, pack(entry))
    call('ZADD', schedule, unpack(due))
end

local function figures(limits, answer)
    local a = #answer
    for _, limit in ipairs(limits) do
        answer[a + 1], answer[a + 2], answer[a + 3] = limit.verdict, limit.used, limit.resets
        answer[a + 4], answer[a + 5] = limit.kind == 'C' and limit.used or limit.held, limit.window
        a = a + 5
    end
    return answer
end

-- With the windows that were charged, in the order of the limits, for a caller who did not hear of it.
local function duplicate(entry)
    local answer = { 'DUP', entry[1] }
    for i = 2, #entry, ENTRY do answer[#answer + 1] = entry[i + 3] end
    return answer
end

-- reservation, lease, amounts, limits
local function reserve()
    local reservation, lease, amounts = ARGV[3], tonumber(ARGV[4]), parse_amounts(5)
    if not lease or not amounts then return { 'BAD', -1 } end
    local limits, failure = parse_limits(9)
    if not limits then return failure end
    sweep(DUE_PER_RESERVE)
    local known = call('HGET', reservations, reservation)
    if known then return duplicate(unpacked(known)) end
    read_limits(limits)
    local refused, longest = false, 0
    for _, limit in ipairs(limits) do
        limit.amount = amounts[limit.unit]
        limit.verdict = verdict(limit)
        if limit.verdict == 1 then
            refused = true
            local needed = wait(limit)
            longest = (needed < 0 or longest < 0) and -1 or math.max(longest, needed)
        end
    end
    if refused then return figures(limits, { 'NO', now, longest }) end
    charge(reservation, lease, limits)
    return figures(limits, { 'OK', now, 0 })
end

-- limits
local function read()
    local limits, failure = parse_limits(3)
    if not limits then return failure end
    read_limits(limits)
    for _, limit in ipairs(limits) do limit.verdict = 0 end
    return figures(limits, { 'OK', now, 0 })
end

-- reservation, amounts
local function settle()
    local reservation, amounts = ARGV[3], parse_amounts(4)
    if not amounts then return { 'BAD', -1 } end
    local packed = call('HGET', reservations, reservation)
    if not packed then return { 'UNKNOWN' } end
    local entry = unpacked(packed)
    local before = entry[1]
    if before == 'S' then return { 'DUP', before } end
    move(reservation, entry, 'S', amounts)
    call('ZADD', schedule, now + RETENTION, reservation)
    return { 'OK', before }
end

-- reservation. One that is unknown leaves a tombstone, so that a reserve still on its way is refused.
local function release()
    local reservation = ARGV[3]
    local packed = call('HGET', reservations, reservation)
    local entry = packed and unpacked(packed) or { 'L' }
    local before = entry[1]
    if packed and (before == 'S' or before == 'L') then return { 'DUP', before } end
    move(reservation, entry, 'L', {})
    call('ZADD', schedule, now + RETENTION, reservation)
    return packed and { 'OK', before } or { 'TOMB' }
end

-- lease, reservations
local function renew()
    local ends, states = now + tonumber(ARGV[3]), { 'OK' }
    for a = 4, #ARGV do
        local packed = call('HGET', reservations, ARGV[a])
        local state = packed and unpacked(packed)[1] or 'U'
        if state == 'H' then call('ZADD', schedule, ends, ARGV[a]) end
        states[#states + 1] = state
    end
    return states
end

-- Expires what is due and lists what expired and awaits the ledger's word.
local function sweep_all()
    local swept = 0
    for _ = 1, 20 do
        local n = sweep(64)
        swept = swept + n
        if n < 64 then break end
    end
    return { 'OK', swept, call('ZRANGEBYSCORE', schedule, EXPIRED, '(+inf', 'LIMIT', 0, 500) }
end

-- reservations that the ledger now shows as expired: from here on they are only remembered
local function acknowledge()
    local n = 0
    for a = 3, #ARGV do
        local score = call('ZSCORE', schedule, ARGV[a])
        if score and tonumber(score) >= EXPIRED then
            call('ZADD', schedule, now + RETENTION, ARGV[a])
            n = n + 1
        end
    end
    return { 'OK', n }
end

local operations = {
    reserve = reserve, read = read, settle = settle, release = release, renew = renew, sweep = sweep_all, acknowledge = acknowledge,
}
if not operations[operation] then return { 'BAD', -1 } end
return operations[operation]()
