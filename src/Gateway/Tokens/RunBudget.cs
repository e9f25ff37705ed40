namespace Gateway.Tokens;

/// <summary>What one text's long runs may still cost; shared by the slices of an answer, which are counted by several workers.</summary>
internal sealed class RunBudget(long work)
{
    private long _left = work;

    public bool TryTake(long cost)
    {
        if (Interlocked.Add(ref _left, -cost) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, cost);
        return false;
    }
}
