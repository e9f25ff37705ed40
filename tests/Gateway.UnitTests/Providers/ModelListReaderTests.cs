using System.Text;
using Gateway.Providers;
using Xunit;

namespace Gateway.UnitTests.Providers;

public sealed class ModelListReaderTests
{
    [Theory]
    [InlineData("""{"object":"list","data":[{"id":"a"},{"id":"b","x":{}}]}""", "a,b")]
    [InlineData("""{"data":[]}""", "")]
    [InlineData("""{"object":"list","data":null}""", "")]
    [InlineData("""{"data":[{"id":""},{"id":"line\nbreak"},{"id":"c"}]}""", "c")]
    public void A_list_gives_its_ids(string json, string ids) =>
        Assert.Equal(ids, string.Join(',', ModelListReader.Parse(Encoding.UTF8.GetBytes(json)) ?? ["none"]));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"data":null}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":["a"]}""")]
    [InlineData("""{"data":[{"name":"a"}]}""")]
    [InlineData("""{"data":[{"id":1}]}""")]
    [InlineData("""{"data":[{"id":"\ud800"}]}""")]
    [InlineData("""{"data":[{"id":"a"}""")]
    [InlineData("<html>")]
    public void Anything_else_is_no_list(string json) => Assert.Null(ModelListReader.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public async Task A_list_beyond_two_MiB_is_not_read()
    {
        string body = $$"""{"data":[{"id":"a","x":"{{new string('x', 3 << 20)}}"}]}""";
        using var client = new HttpMessageInvoker(new StubHandler(("http://host/models", body)));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://host/models");

        Assert.Null(await ModelListReader.FetchAsync(client, request, TestContext.Current.CancellationToken));
    }
}
