namespace Gateway.Prompts;

/// <summary>How a kind of credential looks: what it begins with and how many more characters it has at least.</summary>
internal sealed record SecretForm(string Prefix, int LeastMore)
{
    /// <summary>
    /// Public facts: the prefixes that vendors gave their keys so that scanners find them.
    /// </summary>
    public static readonly IReadOnlyList<SecretForm> All =
    [
        // OpenAI, Anthropic, OpenRouter, DeepSeek and, with sk-gw-, this gateway's own.
        new("sk-", 16), new("gw-admin-", 16),
        new("sk_live_", 16), new("sk_test_", 16), new("rk_live_", 16), new("rk_test_", 16), new("pk_live_", 16), new("whsec_", 16),
        new("gsk_", 20), new("csk-", 20), new("xai-", 20), new("hf_", 20), new("r8_", 20), new("pplx-", 20), new("nvapi-", 20), new("tgp_v1_", 20), new("fw_", 20), new("lsv2_", 20),
        new("ghp_", 20), new("gho_", 20), new("ghu_", 20), new("ghs_", 20), new("ghr_", 20), new("github_pat_", 20), new("glpat-", 16),
        new("xoxb-", 10), new("xoxp-", 10), new("xoxa-", 10), new("xoxr-", 10), new("xoxs-", 10), new("xapp-", 10),
        new("AKIA", 16), new("ASIA", 16), new("AIza", 30), new("ya29.", 20), new("SG.", 20), new("npm_", 20), new("pypi-", 20), new("dop_v1_", 20),
        new("shpat_", 20), new("sq0atp-", 16), new("sq0csp-", 16), new("EAACEdEose0cBA", 10), new("AGE-SECRET-KEY-1", 20),
    ];
}
