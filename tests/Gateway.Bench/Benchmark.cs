using Gateway.Bench.Candidates;
using Gateway.Bench.Load;
using Gateway.Bench.Measure;
using Gateway.Bench.Processes;
using Gateway.Bench.Reporting;

namespace Gateway.Bench;

/// <summary>One run: start everything, warm it up, measure everything once a round, write the tables.</summary>
internal sealed class Benchmark(BenchOptions options)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        ReleaseBuild.Require();
        var folder = Directory.CreateTempSubdirectory("gateway-bench-");
        try
        {
            var measurements = await MeasureAsync(folder, cancel);
            Publish(measurements);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<Measurements> MeasureAsync(DirectoryInfo folder, CancellationToken cancel)
    {
        await using var processes = new ProcessGroup();
        await using var load = new LoadClient();
        var upstreamPort = FreePort.Pick();
        var mock = processes.Add(ChildProcess.StartSelf(["mock", $"{upstreamPort}"], InlineSockets.Environment));
        await mock.WaitForPortAsync(upstreamPort, cancel);

        var candidates = await StartAsync(new CandidateFactory(processes, upstreamPort, folder), cancel);
        ProcessMeter[] ours =
        [
            new(Environment.ProcessId, withChildren: false),
            new(mock.Id),
            new(load.ProcessId),
            .. candidates.SelectMany(candidate => new[] { candidate.Meter, candidate.Stores }).OfType<ProcessMeter>(),
        ];
        var runner = new CellRunner(load, ours);
        await WarmUpAsync(runner, candidates, cancel);
        var cells = await RunRoundsAsync(runner, candidates, cancel);
        return new Measurements(cells, candidates.ToDictionary(candidate => candidate.Name, candidate => candidate.IdleMemoryBytes));
    }

    private async Task<IReadOnlyList<Candidate>> StartAsync(CandidateFactory factory, CancellationToken cancel)
    {
        var candidates = new List<Candidate>();
        if (options.Includes("direct"))
        {
            candidates.Add(factory.Direct());
        }

        if (options.Includes("yarp"))
        {
            candidates.Add(await factory.StartRawYarpAsync(cancel));
        }

        if (options.Includes("gateway"))
        {
            candidates.Add(await factory.StartGatewayAsync(cancel));
        }

        if (options.Includes("prompts-off"))
        {
            candidates.Add(await factory.StartGatewayWithoutPromptsAsync(cancel));
        }

        if (options.Includes("limits"))
        {
            candidates.Add(await factory.StartGatewayWithLimitsAsync(cancel));
        }

        if (options.Includes("limits-prompts"))
        {
            candidates.Add(await factory.StartGatewayWithLimitsAndPromptsAsync(cancel));
        }

        if (options.Includes("redis-limits") && await factory.StartGatewayOnRedisAsync(cancel) is { } onRedis)
        {
            candidates.Add(onRedis);
        }

        if (options.Includes("replicas") && await factory.StartReplicasAsync(cancel) is { } replicas)
        {
            candidates.Add(replicas);
        }

        if (options.Includes("nginx") && await factory.StartNginxAsync(cancel) is { } nginx)
        {
            candidates.Add(nginx);
        }

        if (options.Includes("portkey") && options.PortkeyFolder is { } packages)
        {
            candidates.Add(await factory.StartPortkeyAsync(packages, cancel));
        }

        return candidates;
    }

    /// <summary>Until the runtime has compiled what is hot; and the proof that each candidate answers at all.</summary>
    private async Task WarmUpAsync(CellRunner runner, IReadOnlyList<Candidate> candidates, CancellationToken cancel)
    {
        Scenario[] scenarios = [Scenario.PlainMany, Scenario.StreamMany];
        foreach (var candidate in candidates)
        {
            foreach (var scenario in scenarios)
            {
                System.Console.WriteLine($"warming up {candidate.Name}: {scenario.Name}");
                await WarmUpAsync(runner, scenario, candidate, cancel);
            }
        }
    }

    /// <summary>A runtime that compiles in tiers gets cheaper for many seconds: a candidate is warm when a load costs it no less than the one before.</summary>
    private async Task WarmUpAsync(CellRunner runner, Scenario scenario, Candidate candidate, CancellationToken cancel)
    {
        const double SettledWithin = 0.02;
        var slice = Math.Max(1, options.WarmUpSeconds / 8);
        var before = double.PositiveInfinity;
        for (var spent = 0d; spent < options.WarmUpSeconds; spent += slice)
        {
            var cpu = candidate.Meter?.CpuMicroseconds() ?? 0;
            var result = await runner.WarmUpAsync(scenario, candidate, slice, cancel);
            if (result.Requests == result.Non200)
            {
                throw new InvalidOperationException($"{candidate.Name} answered no call of '{scenario.Name}' with 200: {result}.");
            }

            var perCall = ((candidate.Meter?.CpuMicroseconds() ?? 0) - cpu) / (double)result.Requests;
            if (perCall >= before * (1 - SettledWithin))
            {
                return;
            }

            before = perCall;
        }
    }

    private async Task<IReadOnlyList<Cell>> RunRoundsAsync(
        CellRunner runner, IReadOnlyList<Candidate> candidates, CancellationToken cancel)
    {
        var cells = new List<Cell>();
        for (var round = 0; round < options.Rounds; round++)
        {
            System.Console.WriteLine($"round {round + 1} of {options.Rounds}");
            foreach (var scenario in Scenario.All.Where(options.Includes))
            {
                for (var i = 0; i < candidates.Count; i++)
                {
                    // Another one is first each round, so that none always follows the same neighbour.
                    var candidate = candidates[(i + round) % candidates.Count];
                    cells.Add(await runner.RunAsync(scenario, candidate, round, options.Seconds, cancel));
                }
            }
        }

        return cells;
    }

    private void Publish(Measurements measurements)
    {
        var report = MarkdownReport.Write(measurements, options);
        System.Console.WriteLine(report);
        if (options.Out is { } file)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".");
            ReportFile.Write(file, report);
            System.Console.WriteLine($"written to {file}");
        }
    }
}
