"""The GraphQL documents that the connector sends, each checked in tests against the schema."""

_MONEY = "{ shopMoney { amount currencyCode } }"
_TAXES = f"taxLines {{ title rate priceSet {_MONEY} }}"

ORDERS = f"""
query Orders($query: String!, $after: String) {{
  orders(first: 25, after: $after, query: $query, sortKey: UPDATED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id name createdAt updatedAt processedAt cancelledAt test sourceName
      displayFinancialStatus displayFulfillmentStatus currencyCode taxesIncluded
      fulfillments(first: 20) {{ createdAt status }}
      customer {{ id displayName defaultEmailAddress {{ emailAddress }} }}
      totalPriceSet {_MONEY}
      totalTipReceivedSet {_MONEY}
      lineItems(first: 30) {{
        nodes {{ id name sku quantity isGiftCard discountedTotalSet {_MONEY} {_TAXES} }}
      }}
      shippingLines(first: 3) {{
        nodes {{ id title discountedPriceSet {_MONEY} {_TAXES} }}
      }}
      refunds(first: 10) {{
        id createdAt updatedAt totalRefundedSet {_MONEY}
        refundLineItems(first: 10) {{
          nodes {{ quantity subtotalSet {_MONEY} totalTaxSet {_MONEY}
                   lineItem {{ name sku isGiftCard taxLines {{ title rate }} }} }}
        }}
      }}
      transactions(first: 10) {{ id gateway kind status processedAt amountSet {_MONEY} }}
    }}
  }}
}}
"""

SHOP = "query Shop { shop { name currencyCode ianaTimezone } }"

SALES = """
query Sales($query: String!) {
  shopifyqlQuery(query: $query) { parseErrors tableData { columns { name } rows } }
}
"""
