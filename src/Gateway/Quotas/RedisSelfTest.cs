using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>
/// Asks a Redis server to do once what quotas need of it, on counters of nobody, and names what it lacks: managed servers and look-alikes leave
/// things out (scripts, <c>INFO</c> inside one, a replication id), and better the start says so than the first call.
/// </summary>
internal sealed partial class RedisSelfTest(IConnectionMultiplexer redis, IQuotaStore store)
{
    private const long Epoch = 1;

    /// <summary>Runs each command that quota.lua runs, and names those that fail.</summary>
    private const string Commands =
        """
        local commands = {
            { 'TIME' }, { 'INFO', 'replication' }, { 'HSET', KEYS[1], 'a', 1 }, { 'HGET', KEYS[1], 'a' }, { 'HMGET', KEYS[1], 'a' }, { 'HINCRBY', KEYS[1], 'a', 1 },
            { 'HDEL', KEYS[1], 'a' }, { 'ZADD', KEYS[3], 1, 'a' }, { 'ZSCORE', KEYS[3], 'a' }, { 'ZRANGEBYSCORE', KEYS[3], 0, 1, 'LIMIT', 0, 1 },
            { 'ZREM', KEYS[3], 'a' }, { 'UNLINK', KEYS[1] },
        }
        local failed = {}
        for _, command in ipairs(commands) do
            local answer = redis.pcall(unpack(command))
            if type(answer) == 'table' and answer.err then failed[#failed + 1] = command[1] .. ' (' .. answer.err .. ')' end
        end
        return table.concat(failed, ', ')
        """;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <returns>Null where the server can do all of it; else what it lacks, in a sentence for an operator, and whether quotas hold all the same.</returns>
    /// <exception cref="RedisConnectionException">There is no connection: nothing is known yet.</exception>
    /// <exception cref="RedisTimeoutException">No answer came: nothing is known yet.</exception>
    public async Task<RedisLack?> RunAsync(CancellationToken cancel)
    {
        var tag = $"self-test-{Guid.NewGuid():N}";
        try
        {
            if ((await EvaluateAsync(Commands, tag)).ToString() is { Length: > 0 } failed)
            {
                return new($"its scripts may not run {failed}", IsFatal: true);
            }

            var replication = await EvaluateAsync("return redis.call('INFO', 'replication')", tag);
            if (!ReplicationId().IsMatch(replication.ToString()))
            {
                return new("INFO replication, asked inside a script, shows no master_replid: counters restored from a backup could not be told from current ones", IsFatal: true);
            }

            return await CountAsync(new QuotaShard(tag, Epoch), cancel) ?? await PolicyAsync(tag);
        }
        catch (RedisServerException refused)
        {
            return new($"it refuses what quotas need: {refused.Message}", IsFatal: true);
        }
        finally
        {
            await ForgetAsync(tag);
        }
    }

    private async Task<RedisLack?> CountAsync(QuotaShard shard, CancellationToken cancel)
    {
        var begun = await store.BeginRebuildAsync(shard, cancel);
        var active = await store.ActivateAsync(shard, cancel);
        var limit = new Limit(LimitScope.Key, shard.Tag, LimitUnit.Tokens, LimitPeriod.Minute, null, LimitMode.Hard, 10);
        var taken = await store.ReserveAsync(shard, shard.Tag, Lease, [limit], new Charge(1, 1, 1, 0), cancel);
        var settled = await store.SettleAsync(shard, shard.Tag, new Charge(1, 0, 1, 0), cancel);
        if (begun.TryGet(out _, out var failure) && active.TryGet(out _, out failure) && taken.TryGet(out var answer, out failure) && settled.TryGet(out _, out failure))
        {
            return answer is ReserveAnswer.Admitted ? null : new("its script engine computes something else than Redis' does", IsFatal: true);
        }

        return new($"the quota script fails there: {failure.Detail}", IsFatal: true);
    }

    /// <summary>Counters that the server throws out are rebuilt from the ledger, so this is a matter of speed, not of the limits' hold.</summary>
    private async Task<RedisLack?> PolicyAsync(string tag)
    {
        var memory = (await EvaluateAsync("return redis.call('INFO', 'memory')", tag)).ToString();
        var policy = EvictionPolicy().Match(memory).Groups[1].Value;
        return policy is "" or "noeviction"
            ? null
            : new($"its maxmemory-policy is {policy}: when memory runs out it throws counters away, which then have to be rebuilt. Set it to noeviction", IsFatal: false);
    }

    private Task<RedisResult> EvaluateAsync(string script, string tag) =>
        redis.GetDatabase().ScriptEvaluateAsync(script, RedisScriptRunner.KeysOf(tag), [], CommandFlags.DemandMaster);

    private async Task ForgetAsync(string tag)
    {
        try
        {
            await redis.GetDatabase().KeyDeleteAsync([.. RedisScriptRunner.KeysOf(tag)]);
        }
        catch (Exception away) when (away is RedisException or RedisTimeoutException)
        {
            // They have leases and are nobody's: what stays is some hundred bytes.
        }
    }

    [GeneratedRegex("master_replid:[0-9a-f]{40}")]
    private static partial Regex ReplicationId();

    [GeneratedRegex("maxmemory_policy:([a-z-]+)")]
    private static partial Regex EvictionPolicy();
}
