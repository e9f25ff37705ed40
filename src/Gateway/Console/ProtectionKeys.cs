using System.Xml.Linq;
using Gateway.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Console;

/// <summary>Keeps ASP.NET Core's protection keys in the database that all replicas share. Its interface knows no waiting, and it is called a few times a year.</summary>
internal sealed class ProtectionKeys(IDbContextFactory<GatewayDb> dbs, WriteTurn turn) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = dbs.CreateDbContext();
        return db.ProtectionKeys.AsNoTracking().Select(key => key.Xml).AsEnumerable().Select(xml => XElement.Parse(xml)).ToList();
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        turn.Enter();
        try
        {
            using var db = dbs.CreateDbContext();
            db.ProtectionKeys.Add(new ProtectionKeyRow { Id = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
            db.SaveChanges();
        }
        finally
        {
            turn.Leave();
        }
    }
}
