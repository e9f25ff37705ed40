using MudBlazor;

namespace Gateway.Console.Layout;

/// <summary>The console's colours for MudBlazor; console.css has the same for everything else. No font is loaded.</summary>
internal static class ConsoleTheme
{
    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight
        {
            Background = "#F6F7F9",
            Surface = "#FFFFFF",
            BackgroundGray = "#EEF1F5",
            TextPrimary = "#1B2430",
            TextSecondary = "#4A5666",
            TextDisabled = "#5F6B7A",
            Primary = "#1F5FBF",
            PrimaryContrastText = "#FFFFFF",
            Error = "#B42318",
            Warning = "#8F5A00",
            Success = "#146C3A",
            Info = "#0B6E8A",
            LinesInputs = "#7C8898",
            Divider = "#D5DBE3",
            TableLines = "#D5DBE3",
            ActionDefault = "#4A5666",
        },
        PaletteDark = new PaletteDark
        {
            Background = "#11161D",
            Surface = "#18202A",
            BackgroundGray = "#212B37",
            TextPrimary = "#E6EBF1",
            TextSecondary = "#B4BFCC",
            TextDisabled = "#94A1B2",
            Primary = "#7FB2FF",
            PrimaryContrastText = "#11161D",
            Error = "#FF8A7E",
            ErrorContrastText = "#11161D",
            Warning = "#E9B44C",
            Success = "#5CCB8B",
            Info = "#5CC4E0",
            LinesInputs = "#6F7E91",
            Divider = "#303C4A",
            TableLines = "#303C4A",
            ActionDefault = "#B4BFCC",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = ["system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"], FontSize = "14px" } },
    };
}
