using Gateway.Console.Words;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Gateway.Console.Parts;

/// <summary>
/// Shows Markdown from a stranger. It is parsed without HTML, and what is shown is built node by node from a short list of elements, all text as
/// text nodes: there is no markup that could be let through by mistake. Pictures are shown as links, since loading one would tell its server who reads.
/// </summary>
public sealed class MarkdownView : ComponentBase
{
    /// <summary>More is shown as text: parsing it would hold up the page.</summary>
    private const int LongestText = 100_000;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseEmphasisExtras().UseAutoLinks().Build();

    [Parameter, EditorRequired]
    public string Text { get; set; } = "";

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "div");
        builder.AddAttribute(1, "class", "gw-md");
        builder.AddAttribute(2, "dir", "auto");
        builder.OpenRegion(3);
        if (Text.Length > LongestText)
        {
            Element(builder, "pre", "gw-text", () => Say(builder, Text));
        }
        else
        {
            Blocks(builder, Markdown.Parse(Text, Pipeline));
        }

        builder.CloseRegion();
        builder.CloseElement();
    }

    private static void Blocks(RenderTreeBuilder builder, ContainerBlock container)
    {
        foreach (var block in container)
        {
            builder.OpenRegion(0);
            BlockOf(builder, block);
            builder.CloseRegion();
        }
    }

    private static void BlockOf(RenderTreeBuilder builder, Block block)
    {
        switch (block)
        {
            case HeadingBlock heading:
                // Not a heading of the page.
                Element(builder, "p", null, () => Element(builder, "strong", null, () => Inlines(builder, heading.Inline)));
                break;
            case CodeBlock code:
                builder.OpenElement(0, "pre");
                builder.AddAttribute(1, "tabindex", "0");
                builder.OpenElement(2, "code");
                Say(builder, code.Lines.ToString());
                builder.CloseElement();
                builder.CloseElement();
                break;
            case QuoteBlock quote:
                Element(builder, "blockquote", null, () => Blocks(builder, quote));
                break;
            case ListBlock list:
                Element(builder, list.IsOrdered ? "ol" : "ul", null, () => Blocks(builder, list));
                break;
            case ListItemBlock item:
                Element(builder, "li", null, () => Blocks(builder, item));
                break;
            case Table table:
                Element(builder, "table", null, () => Element(builder, "tbody", null, () => Blocks(builder, table)));
                break;
            case TableRow row:
                Element(builder, "tr", null, () => Cells(builder, row));
                break;
            case ThematicBreakBlock:
                builder.OpenElement(0, "hr");
                builder.CloseElement();
                break;
            case LeafBlock { Inline: { } inline }:
                Element(builder, "p", null, () => Inlines(builder, inline));
                break;
            case LeafBlock leaf:
                Element(builder, "p", null, () => Say(builder, leaf.Lines.ToString()));
                break;
            case ContainerBlock container:
                Blocks(builder, container);
                break;
        }
    }

    private static void Cells(RenderTreeBuilder builder, TableRow row)
    {
        foreach (var cell in row.OfType<TableCell>())
        {
            builder.OpenRegion(0);
            Element(builder, row.IsHeader ? "th" : "td", null, () => Blocks(builder, cell));
            builder.CloseRegion();
        }
    }

    private static void Inlines(RenderTreeBuilder builder, ContainerInline? container)
    {
        for (var inline = container?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            builder.OpenRegion(0);
            InlineOf(builder, inline);
            builder.CloseRegion();
        }
    }

    private static void InlineOf(RenderTreeBuilder builder, Inline inline)
    {
        switch (inline)
        {
            case LiteralInline literal:
                Say(builder, literal.Content.ToString());
                break;
            case CodeInline code:
                Element(builder, "code", null, () => Say(builder, code.Content));
                break;
            case LineBreakInline { IsHard: true }:
                builder.OpenElement(0, "br");
                builder.CloseElement();
                break;
            case LineBreakInline:
                builder.AddContent(0, "\n");
                break;
            case EmphasisInline emphasis:
                Element(builder, emphasis.DelimiterChar == '~' ? "s" : emphasis.DelimiterCount > 1 ? "strong" : "em", null, () => Inlines(builder, emphasis));
                break;
            case LinkInline link:
                Link(builder, link.Url, () => Inlines(builder, link), link.IsImage);
                break;
            case AutolinkInline link:
                Link(builder, link.IsEmail ? $"mailto:{link.Url}" : link.Url, () => Say(builder, link.Url), false);
                break;
            case HtmlEntityInline entity:
                Say(builder, entity.Transcoded.ToString());
                break;
            case ContainerInline more:
                Inlines(builder, more);
                break;
            default:
                Say(builder, inline.ToString() ?? "");
                break;
        }
    }

    /// <summary>Says where it leads, whatever its text pretends; anything but the web and mail stays text.</summary>
    private static void Link(RenderTreeBuilder builder, string? url, Action content, bool isImage)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var target) || target.Scheme is not ("http" or "https" or "mailto"))
        {
            content();
            Say(builder, isImage ? " (picture)" : "");
            return;
        }

        builder.OpenElement(0, "a");
        builder.AddAttribute(1, "href", target.AbsoluteUri);
        builder.AddAttribute(2, "rel", "noopener noreferrer nofollow");
        builder.AddAttribute(3, "target", "_blank");
        builder.OpenRegion(4);
        content();
        builder.CloseRegion();
        builder.CloseElement();
        builder.OpenElement(5, "span");
        builder.AddAttribute(6, "class", "gw-faint");
        builder.AddContent(7, $" ({(isImage ? "picture at " : "")}{(target.Host.Length > 0 ? target.IdnHost : target.Scheme)})");
        builder.CloseElement();
    }

    private static void Element(RenderTreeBuilder builder, string name, string? style, Action content)
    {
        builder.OpenElement(0, name);
        builder.AddAttribute(1, "class", style);
        builder.OpenRegion(2);
        content();
        builder.CloseRegion();
        builder.CloseElement();
    }

    private static void Say(RenderTreeBuilder builder, string text)
    {
        foreach (var run in ShownText.Runs(text))
        {
            builder.OpenRegion(10);
            if (run.IsSign)
            {
                builder.OpenElement(0, "span");
                builder.AddAttribute(1, "class", "gw-chip-char");
                builder.AddContent(2, run.Text);
                builder.CloseElement();
            }
            else
            {
                builder.AddContent(3, run.Text);
            }

            builder.CloseRegion();
        }
    }
}
