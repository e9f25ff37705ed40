using System.Text;
using Gateway.Hosting;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class JsonLinesTests
{
    private const string Json = """
        {
          // a comment: "Gateway": {
          "Other": { "Models": 1 },
          "Gateway": {
            "Models": [
              { "Name": "a" }, "text",
              [ 1,
                2 ],
              { "Name": "b",
                "Targets": [ { "Provider": "p" } ],
              },
            ],
            "Flat:Name": 5
          }
        }
        """;

    [Theory]
    [InlineData("Gateway", 4)]
    [InlineData("Gateway:Models", 5)]
    [InlineData("Gateway:Models:0", 6)]
    [InlineData("Gateway:Models:0:Name", 6)]
    [InlineData("Gateway:Models:1", 6)]
    [InlineData("Gateway:Models:2:1", 8)]
    [InlineData("gateway:MODELS:3:name", 9)]
    [InlineData("Gateway:Models:3:Targets:0:Provider", 10)]
    [InlineData("Gateway:Flat:Name", 13)]
    [InlineData("Gateway:Models:4", null)]
    [InlineData("Models", null)]
    public void A_setting_is_found_on_its_line(string path, int? line)
    {
        Assert.Equal(line, JsonLines.Find(Encoding.UTF8.GetBytes(Json), path));
        Assert.Equal(line, JsonLines.Find([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Json)], path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"a\": ")]
    [InlineData("no json")]
    public void A_file_that_is_no_JSON_has_no_lines(string json) => Assert.Null(JsonLines.Find(Encoding.UTF8.GetBytes(json), "a:b"));
}
