namespace Gateway.Providers;

/// <summary>
/// Calls and failures of about the last minute, in slots of ten seconds. Counting is one step on a shared number; at the turn of a slot a
/// few calls may be lost, which a share of failures can bear.
/// </summary>
internal sealed class CallWindow(TimeProvider time)
{
    private const int SlotSeconds = 10;
    private const int Slots = 6;

    private readonly Slot[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new Slot())];
    private readonly long _slotLength = time.TimestampFrequency * SlotSeconds;

    public void Count(long now, bool failed)
    {
        var number = now / _slotLength;
        var slot = _slots[number % Slots];
        if (Volatile.Read(ref slot.Number) != number)
        {
            slot.Begin(number);
        }

        Interlocked.Increment(ref slot.Calls);
        if (failed)
        {
            Interlocked.Increment(ref slot.Failures);
        }
    }

    public (long Calls, long Failures) Sum(long now)
    {
        var oldest = (now / _slotLength) - Slots;
        long calls = 0, failures = 0;
        foreach (var slot in _slots)
        {
            if (Volatile.Read(ref slot.Number) > oldest)
            {
                calls += Volatile.Read(ref slot.Calls);
                failures += Volatile.Read(ref slot.Failures);
            }
        }

        return (calls, failures);
    }

    private sealed class Slot
    {
        public long Number;
        public long Calls;
        public long Failures;

        public void Begin(long number)
        {
            var before = Volatile.Read(ref Number);
            if (before != number && Interlocked.CompareExchange(ref Number, number, before) == before)
            {
                Volatile.Write(ref Calls, 0);
                Volatile.Write(ref Failures, 0);
            }
        }
    }
}
