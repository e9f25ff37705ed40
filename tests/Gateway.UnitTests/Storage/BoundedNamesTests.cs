using Gateway.Storage;
using Xunit;

namespace Gateway.UnitTests.Storage;

public sealed class BoundedNamesTests
{
    private const long Day = 86_400_000;

    [Fact]
    public void A_key_has_so_many_names_a_day_and_the_rest_is_others()
    {
        var names = new BoundedNames(perKey: 2, total: 100);
        string[] asked = ["a", "b", "c", "a"];

        Assert.Equal(["a", "b", "(others)", "a"], asked.Select(name => names.Of("key_1", name, 0, mayAdd: true)));
        Assert.Equal("c", names.Of("key_2", "c", 0, mayAdd: true));
        Assert.Equal("c", names.Of("key_1", "c", Day, mayAdd: true));
    }

    [Fact]
    public void All_keys_together_are_bounded_too()
    {
        var names = new BoundedNames(perKey: 10, total: 2);
        string[] keys = ["key_1", "key_2", "key_3"];

        Assert.Equal(["a", "a", "(others)"], keys.Select(key => names.Of(key, "a", 0, mayAdd: true)));
    }

    [Fact]
    public void A_row_that_comes_late_does_not_begin_its_day_anew()
    {
        var names = new BoundedNames(perKey: 1, total: 100);
        names.Of("key_1", "a", Day, mayAdd: true);

        Assert.Equal("(others)", names.Of("key_1", "b", 0, mayAdd: true));
    }

    [Fact]
    public void A_refused_calls_name_counts_only_where_it_is_known()
    {
        var names = new BoundedNames(perKey: 10, total: 100);

        Assert.Equal("(others)", names.Of("key_1", "a", 0, mayAdd: false));
        names.Of("key_1", "a", 0, mayAdd: true);
        Assert.Equal("a", names.Of("key_1", "a", 0, mayAdd: false));
        Assert.Equal("", names.Of("key_1", null, 0, mayAdd: true));
    }
}
