using System.Numerics;

namespace Gateway.Providers;

/// <summary>One call's way along its route: hands out targets, the best first, and none of them twice.</summary>
internal sealed class RouteWalk(ModelRoute route, ulong affinity)
{
    private ulong _tried;

    public ModelRoute Route => route;

    /// <summary>Whether there is a target that was not handed out.</summary>
    public bool HasOthers => BitOperations.PopCount(_tried) < route.Targets.Count;

    /// <summary>How long until the first of the targets may be called again that asked to be left alone.</summary>
    public TimeSpan Wait => route.Targets.Select(target => target.Health.Left()).Min();

    /// <summary>
    /// The next target, or null. Those that are open come first, model by model. Where none is left, the one whose pause ends soonest is tried
    /// all the same, unless its provider asked for the pause: rather a call that fails than one that is refused for an old failure.
    /// A route with one target has no choice: its provider speaks for itself.
    /// </summary>
    public ModelTarget? Next()
    {
        if (route.IsSingle)
        {
            return Take(0);
        }

        var offset = 0;
        foreach (var group in route.Groups)
        {
            var place = group.Pick(_tried >> offset, affinity);
            if (place >= 0)
            {
                return Take(offset + place);
            }

            offset += group.Targets.Count;
        }

        return Soonest() is { } soonest ? Take(soonest) : null;
    }

    private ModelTarget? Take(int place)
    {
        var bit = 1UL << place;
        if ((_tried & bit) != 0)
        {
            return null;
        }

        _tried |= bit;
        return route.Targets[place];
    }

    private int? Soonest()
    {
        int? soonest = null;
        var earliest = long.MaxValue;
        for (var i = 0; i < route.Targets.Count; i++)
        {
            if ((_tried >> i & 1) == 0 && route.Targets[i].Health.CoolDown is { AskedFor: false } pause && pause.Until < earliest)
            {
                (soonest, earliest) = (i, pause.Until);
            }
        }

        return soonest;
    }
}
