using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>A rebuild's figures as quota.lua's <c>load</c> takes them, in pieces small enough that no call blocks Redis for long.</summary>
internal static class SnapshotArguments
{
    private const int CountersPerCall = 800;
    private const int ReservationsPerCall = 50;

    public static IEnumerable<RedisValue[]> Of(long epoch, QuotaSnapshot snapshot, Func<long> nextPiece)
    {
        foreach (var counters in snapshot.Counters.Chunk(CountersPerCall))
        {
            yield return [epoch, "load", nextPiece(), counters.Length, .. counters.SelectMany(Counter)];
        }

        foreach (var reservations in snapshot.Reservations.Chunk(ReservationsPerCall))
        {
            yield return [epoch, "load", nextPiece(), 0, .. reservations.SelectMany(Reservation)];
        }
    }

    private static RedisValue[] Counter(CounterSnapshot counter) =>
        [counter.LimitId, LimitWords.KindCode(counter.Per), counter.Window, counter.ForgetAt, counter.Counted];

    private static RedisValue[] Reservation(ReservationSnapshot reservation) =>
        [reservation.Id, Letter(reservation.State), (long)reservation.Lease.TotalMilliseconds, reservation.Charges.Count, .. reservation.Charges.SelectMany(Charge)];

    private static RedisValue[] Charge(ChargeSnapshot charge) =>
        [charge.LimitId, LimitWords.KindCode(charge.Per), LimitWords.UnitCode(charge.Unit), charge.Window, charge.Charged];

    private static RedisValue Letter(ReservationState state) => state switch
    {
        ReservationState.Held => "H",
        ReservationState.Settled => "S",
        ReservationState.Released => "L",
        ReservationState.Expired => "E",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "An unknown reservation cannot be loaded."),
    };
}
