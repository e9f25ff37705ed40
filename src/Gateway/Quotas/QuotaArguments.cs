namespace Gateway.Quotas;

/// <summary>What both stores take for granted of their callers; anything else is a bug and thrown, never sent.</summary>
internal static class QuotaArguments
{
    public const int MaxLimits = 16;

    public static void Check(string reservation)
    {
        if (reservation.Length is 0 or > 64 || !reservation.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/'))
        {
            throw new ArgumentException("A reservation's id is 1 to 64 ASCII letters, digits, '_', '-' or '/'.", nameof(reservation));
        }
    }

    public static void Check(IReadOnlyList<Limit> limits)
    {
        if (limits.Count > MaxLimits)
        {
            throw new ArgumentException($"{limits.Count} limits at once; {MaxLimits} are the most.", nameof(limits));
        }

        for (var i = 1; i < limits.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (limits[i].Id == limits[j].Id)
                {
                    throw new ArgumentException($"The limit {limits[i].Id} is there twice.", nameof(limits));
                }
            }
        }
    }
}
