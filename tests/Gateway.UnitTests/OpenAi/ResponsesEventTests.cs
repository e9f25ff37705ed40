using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public class ResponsesEventTests
{
    [Theory]
    [InlineData("""{"type":"response.create","model":"m"}""", "response.create", "", null, null)]
    [InlineData("""{"stream_id":"a","response":{"output":[{"id":"msg_1"}],"id":"resp_1"},"ty\u0070e":"response.completed"}""", "response.completed", "a", "resp_1", null)]
    [InlineData("""{"type":"error","status":429,"error":{"type":"x","status":1}}""", "error", "", null, 429)]
    [InlineData("""{"type":"a","type":"b"}""", null, "", null, null)]
    [InlineData("""{"type":1,"stream_id":2,"response":3,"status":"x"}""", null, "", null, null)]
    [InlineData("""["type"]""", null, "", null, null)]
    [InlineData("""{"type":"response.create" """, null, "", null, null)]
    [InlineData("", null, "", null, null)]
    public void It_is_what_it_says_at_its_top(string message, string? type, string lane, string? response, int? status) =>
        Assert.Equal((type, lane, response, status), Parts(ResponsesEvent.Read(Encoding.UTF8.GetBytes(message))));

    [Fact]
    public void A_lane_that_is_too_long_shows() =>
        Assert.True(ResponsesEvent.Read(Encoding.UTF8.GetBytes($$"""{"stream_id":"{{new string('x', 100_000)}}"}""")).Lane.Length is > ResponsesEvent.MaxLane and < 1000);

    private static (string? Type, string Lane, string? ResponseId, int? Status) Parts(ResponsesEvent read) => (read.Type, read.Lane, read.ResponseId, read.Status);
}
