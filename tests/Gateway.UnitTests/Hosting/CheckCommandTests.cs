using Gateway.Hosting;
using Gateway.Storage;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class CheckCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-check-").FullName;

    [Fact]
    public void Settings_without_fault_are_ok()
    {
        (int code, string output, string errors) = Run("{}");

        Assert.Equal((0, "ok\n", ""), (code, output, errors));
    }

    [Fact]
    public void Every_fault_is_told_at_once_with_the_place_that_decides()
    {
        (int code, string output, string errors) = Run(
            """
            {
              "Gateway": {
                "EchoModel": "maybe",
                "DrainSeconds": 5,
                "Providers": {
                  "a": { "BaseUrl": "http://127.0.0.1:1",
                    "ApiKey": "file:/nowhere/at/all" },
                  "b": { }
                }
              }
            }
            """,
            "--Gateway:DrainSeconds=many", "--Gateway:LeaseSeconds=1");

        Assert.Equal((1, ""), (code, output));
        Assert.Equal(
            [
                "command line: Gateway:DrainSeconds",
                "settings.json:3: Gateway:EchoModel",
                "command line: Gateway:LeaseSeconds",
                "settings.json:8: Gateway:Providers:b:BaseUrl",
                "settings.json:7: Gateway:Providers:a:ApiKey:",
            ],
            errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split(' ').TakeWhile((word, i) => i == 0 || word != "=" && word != "is" && word != "the"))));
    }

    [Theory]
    [InlineData(true, "check")]
    [InlineData(true, "check", "--urls=http://127.0.0.1:1")]
    [InlineData(false)]
    [InlineData(false, "--Gateway:EchoModel=false")]
    [InlineData(false, "/Gateway:EchoModel=false")]
    [InlineData(false, "Gateway:EchoModel=false")]
    public void It_is_asked_for_by_the_first_word(bool asked, params string[] args) => Assert.Equal(asked ? CheckCommand.Word : null, Command.Of(args));

    [Fact]
    public void A_word_that_is_no_command_does_not_start_anything() =>
        Assert.Equal("\"chek\" is no command: check and health are accepted, or switches alone to start.", Assert.Throws<StartRefusedException>(() => Command.Of(["chek"])).Message);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private (int Code, string Output, string Errors) Run(string json, params string[] args)
    {
        File.WriteAllText(Path.Combine(_folder, "settings.json"), json);
        IConfigurationRoot configuration = new ConfigurationBuilder().SetBasePath(_folder).AddJsonFile("settings.json").AddCommandLine(args).Build();
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        int code = CheckCommand.Run(configuration, output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
