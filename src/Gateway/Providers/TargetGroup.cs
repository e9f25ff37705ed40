namespace Gateway.Providers;

/// <summary>The targets of one model, of which any may serve a call, and how one is chosen.</summary>
internal sealed class TargetGroup(IReadOnlyList<ModelTarget> targets, Balance balance, Turns turns)
{
    public IReadOnlyList<ModelTarget> Targets => targets;

    public Balance Balance => balance;

    /// <summary>The same model with some of its targets only, or with names filled in; turns go on.</summary>
    public TargetGroup With(IReadOnlyList<ModelTarget> others) => new(others, balance, turns);

    /// <summary>The place of a target that may be called now, or -1. A target after a pause is only taken if no other call tries it.</summary>
    /// <param name="tried">A bit for each place that is out of the question.</param>
    /// <param name="affinity">The session's number, where the model's calls stay together.</param>
    public int Pick(ulong tried, ulong affinity)
    {
        for (var closed = tried; ;)
        {
            for (var i = 0; i < targets.Count; i++)
            {
                closed |= targets[i].Health.IsOpen() ? 0 : 1UL << i;
            }

            var place = Choose(closed, affinity);
            if (place < 0 || targets[place].Health.TryEnter())
            {
                return place;
            }

            closed |= 1UL << place;
        }
    }

    private int Choose(ulong closed, ulong affinity)
    {
        uint total = 0;
        var open = 0;
        for (var i = 0; i < targets.Count; i++)
        {
            if ((closed >> i & 1) == 0)
            {
                open++;
                total += (uint)targets[i].Weight;
            }
        }

        // Reserves serve only where no other target can, and then alike.
        var candidates = new Candidates(targets, closed, AreReserves: total == 0, total == 0 ? (uint)open : total);
        return open == 0 ? -1 : balance switch
        {
            Balance.LeastInFlight => LeastInFlight(candidates),
            Balance.Affinity => Nearest(candidates, affinity),
            _ => AtPlace(candidates),
        };
    }

    private int AtPlace(Candidates candidates)
    {
        var at = ((ulong)turns.Next() * candidates.Total) >> 32;
        var last = -1;
        for (var i = 0; i < targets.Count; i++)
        {
            var weight = candidates.WeightOf(i);
            if (weight > 0)
            {
                last = i;
                if (at < weight)
                {
                    return i;
                }

                at -= weight;
            }
        }

        return last;
    }

    private int LeastInFlight(Candidates candidates)
    {
        var start = AtPlace(candidates);
        var best = start;
        for (var i = 0; i < targets.Count; i++)
        {
            // Calls for each unit of weight, compared without dividing; where it is the same the turn decides.
            if (candidates.WeightOf(i) > 0
                && (targets[i].Health.InFlight + 1) * candidates.WeightOf(best) < (targets[best].Health.InFlight + 1) * candidates.WeightOf(i))
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Weighted rendezvous: each target draws a number for the session, the best wins. A target that comes or goes moves only its own sessions.</summary>
    private int Nearest(Candidates candidates, ulong affinity)
    {
        var best = -1;
        var bestScore = double.NegativeInfinity;
        for (var i = 0; i < targets.Count; i++)
        {
            if (candidates.WeightOf(i) > 0)
            {
                var draw = ((Mix(affinity ^ Mix(targets[i].Mark())) >> 11) + 0.5) / (1UL << 53);
                var score = candidates.WeightOf(i) / -Math.Log(draw);
                (best, bestScore) = score > bestScore ? (i, score) : (best, bestScore);
            }
        }

        return best;
    }

    /// <summary>Spreads a number's bits (the last steps of MurmurHash3).</summary>
    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        bits = (bits ^ (bits >> 33)) * 0xC4CE_B9FE_1A85_EC53;
        return bits ^ (bits >> 33);
    }

    private readonly record struct Candidates(IReadOnlyList<ModelTarget> Targets, ulong Closed, bool AreReserves, uint Total)
    {
        public uint WeightOf(int place) => (Closed >> place & 1) != 0 ? 0 : AreReserves ? 1 : (uint)Targets[place].Weight;
    }
}
