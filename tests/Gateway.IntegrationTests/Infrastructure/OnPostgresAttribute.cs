namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>The class's tests, which it inherits from another class, run on PostgreSQL instead of SQLite: every database that the infrastructure makes for them is one there.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class OnPostgresAttribute : Attribute;
