using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>Runs the quota script on one shard: by its hash, by its text where the server does not know it (any more), and once more after a timeout.</summary>
internal sealed class RedisScriptRunner(IConnectionMultiplexer redis, QuotaScript script, RedisBreaker breaker)
{
    private const int Attempts = 2;

    public async ValueTask<QuotaReply<ScriptReply>> RunAsync(QuotaShard shard, RedisValue[] arguments, CancellationToken cancel)
    {
        var keys = KeysOf(shard.Tag);
        var failure = "Redis did not answer lately, and is not asked for a moment.";
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (!breaker.MayAsk())
            {
                break;
            }

            try
            {
                var reply = new ScriptReply(await EvaluateAsync(keys, arguments).WaitAsync(cancel), repeated: attempt > 0);
                breaker.Answered();
                return reply.Fence() is { } fence ? fence : reply;
            }
            catch (RedisTimeoutException timeout)
            {
                // It may have happened. Every operation may be repeated, so ask again.
                breaker.Failed();
                failure = timeout.Message;
            }
            catch (RedisException error)
            {
                // No connection, or one that broke under the call; or the server refuses (loading, read-only, out of memory).
                breaker.Failed();
                failure = error.Message;
                if (error is RedisServerException)
                {
                    break;
                }
            }
        }

        return new StoreFailure(StoreFailureKind.Unavailable, null, failure);
    }

    /// <summary>Where the counters of a team are. The braces make all keys of a shard share one slot of a cluster.</summary>
    public static RedisKey[] KeysOf(string tag) => [$"gw:{{{tag}}}:c", $"gw:{{{tag}}}:v", $"gw:{{{tag}}}:l"];

    private async Task<RedisResult> EvaluateAsync(RedisKey[] keys, RedisValue[] arguments)
    {
        var database = redis.GetDatabase();
        try
        {
            return await database.ScriptEvaluateAsync(script.Hash, keys, arguments, CommandFlags.DemandMaster);
        }
        catch (RedisServerException unknown) when (unknown.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A new, restarted or flushed server. EVAL also teaches it the script.
            return await database.ScriptEvaluateAsync(script.Text, keys, arguments, CommandFlags.DemandMaster);
        }
    }
}
