# Build
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /gateway
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig appsettings.json ./
COPY src/ src/
RUN dotnet publish src/Gateway -c Release --use-current-runtime --no-self-contained -o /app && mkdir /data

# Run: no shell, no package manager, not root. /data is the only place written to.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
COPY --from=build --chown=$APP_UID /data /data
ENV ASPNETCORE_URLS=http://0.0.0.0:4000 \
    Gateway__DataDirectory=/data
VOLUME /data
EXPOSE 4000
# The program asks itself, since there is no shell and no curl here.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=1s --retries=3 CMD ["dotnet", "Gateway.dll", "health"]
ENTRYPOINT ["dotnet", "Gateway.dll"]
